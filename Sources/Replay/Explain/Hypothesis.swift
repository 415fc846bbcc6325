import Log
import Nostr
import Reducers

/// A connect request that nobody sent, run through the real rules at a point of the log.
struct Hypothesis {
    /// What the rules made of it.
    var explanation: Steps
    /// How both ends stood.
    var situation: Situation
    var requester: PublicKey
    var target: PublicKey
    /// The requester was not connected then: the checks are those it would meet after it connected.
    var connectsFirst: Bool
    /// The door had been shut: why it could not even connect.
    var door: Refusal?
    /// The closest real attempts of the two, before and after.
    var before: (decision: Decision, at: Position)?
    var after: (decision: Decision, at: Position)?
    var advice: String

    /// The checks and what they come to.
    struct Steps {
        var steps: [Explanation.Step]
        var transition: Transition
    }

    /// Whether it would be granted.
    var isGranted: Bool { explanation.transition.decision?.outcome == .granted }
    /// Whether both ends would be rung.
    var wouldRing: Bool {
        isGranted && situation.requester.presence.listeningSince != nil
            && situation.target?.presence.listeningSince != nil && !connectsFirst
    }

    /// Asks at a point of the log.
    ///
    /// - Parameters:
    ///   - state: everything before that point.
    ///   - position: the position that the request would have.
    init(
        _ requester: PublicKey, _ target: PublicKey, in state: RelayState, at position: Position,
        _ reader: borrowing LogReader
    ) throws {
        self.requester = requester
        self.target = target
        var state = state
        var session = state.sessions.all.first { $0.keys.contains { $0.key == requester } }?.id
        connectsFirst = session == nil
        if session == nil {
            let proof = try Hypothesis.event(by: requester, .clientAuthentication, at: position, state, "")
            door = state.apply(.authenticated(proof, session: nil), at: position).refusal
            if door == nil { session = position.seq }
        }
        let note = state.discovery[target].flatMap { $0.isEmpty ? nil : $0.addresses.first }
        var content = JSONWriter()
        content.beginObject()
        content.field("self_endpoint_addr", "the requester's address" as Text)
        content.field("peer_endpoint_addr", note ?? "the target's address")
        content.field("attempt_id", "why-not" as Text)
        content.endObject()
        let event = try Hypothesis.event(
            by: requester, .meshConnectRequest, at: position, state, Text(validUTF8: content.bytes),
            tags: [["p", Text(target.hex)]])
        let (checks, transition) = state.explain(.event(event, session: session), at: position)
        let steps = try Explainer.steps(
            checks, event: event, session: session, transition, at: position, in: reader)
        explanation = Steps(steps: steps, transition: transition)
        situation = try Situation(event, session: nil, at: position, in: state, reader)
        // The entry that really stands there may be an attempt itself.
        let previous = Position(seq: position.seq - min(position.seq, 1), time: position.time)
        after = try Situation.attempt(between: requester, target, after: previous, in: reader)
        situation.next = nil
        before = try Hypothesis.earlier(requester, target, before: position, in: reader)
        advice = ""
        advice = try text(reader)
    }

    /// An unsigned event in the form of a signed one: rules look at everything but the signature.
    private static func event(
        by key: PublicKey, _ kind: Kind, at position: Position, _ state: RelayState, _ content: Text,
        tags: [[Text]] = []
    ) throws -> Event {
        let unsigned = UnsignedEvent(
            pubkey: key, createdAt: position.seconds, kind: kind, tags: tags, content: content)
        guard let signature = Signature([UInt8](repeating: 0, count: 64)) else {
            throw ReplayFailure(.damaged, "a request cannot be made up here")
        }
        return try Event.parse(unsigned.serialized(signature: signature), limits: .stored)
    }

    /// The latest attempt of one of two keys for the other within the time in which the next is looked for.
    private static func earlier(
        _ one: PublicKey, _ other: PublicKey, before position: Position, in reader: borrowing LogReader
    ) throws -> (decision: Decision, at: Position)? {
        let start = try reader.firstPosition(atOrAfter: position.time &- Situation.nextAttemptMicroseconds)
        var found: (Decision, Position)?
        try reader.backwards(
            before: position.seq, downTo: start, types: [.decision], containing: Needle(one.hex)
        ) { entry in
            guard let decision = entry.decision, decision.isAttempt(between: one, other) else { return true }
            found = (decision, Position(seq: decision.request, time: entry.leaf.time))
            return false
        }
        return found
    }

    private func text(_ reader: borrowing LogReader) throws -> String {
        let rings = [Ring(written: [0]), Ring(written: [0])]
        let advice =
            Advice.text(
                explanation.transition, steps: explanation.steps, event: nil, situation: situation, rings: rings) ?? ""
        if let door {
            let how = try History.membership(of: requester, before: situation.position.seq, in: reader)
            let removed =
                how.position.map { ": it was removed by entry \($0.seq)" } ?? " and never was in this log"
            return door == .notMember
                ? """
                the requester could not even connect: it is no member\(removed); an admin adds it (kind 9030), it connects \
                and subscribes, and asks
                """
                : "the requester could not even connect (\(door.message)): \(advice)"
        }
        if connectsFirst, isGranted {
            let end = situation.requester
            let ending = end.stopped.flatMap { $0.position }.map { " since entry \($0.seq)" } ?? ""
            let rest =
                situation.target?.presence.listeningSince == nil
                ? "; the target was not listening either: start both nodes" : ""
            return """
                the requester was not connected\(ending): it has to connect, subscribe to its call-me-nows (kind 24622 with \
                its own key as #p), and then ask\(rest)
                """
        }
        guard isGranted, wouldRing else { return advice }
        if situation.dialect != nil { return advice }
        if case .fresh = situation.target?.presence.offer {
            return """
                nothing stood in the way: the request would have been granted and both ends rung; look at why the \
                requester's client did not ask (did it discover? its subscription to kind 30621 has to say #k \
                \(situation.speaks.dialect.meshStatusType))
                """
        }
        return """
            the call would ring, but discovery did not offer the target, so no client would ask for it: the target's mesh \
            node has to report its status (kind 24620) every few seconds
            """
    }
}

extension Decision {
    /// Whether it is about a request of one of these keys for the other.
    func isAttempt(between one: PublicKey, _ other: PublicKey) -> Bool {
        kind == .meshConnectRequest
            && (author == one && target == other || author == other && target == one)
    }
}
