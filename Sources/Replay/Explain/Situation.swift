import Log
import Nostr
import Reducers

/// What surrounded a connect request: how both ends stood, and what else the log shows that bears on it.
struct Situation {
    /// One end of a request.
    struct End {
        var presence: Presence
        /// How it stopped listening, or that it never did; `nil` for an end that listens.
        var stopped: Ending?
        /// Since when it listens, or when its note was made: the entries that its presence rests on, with their times.
        var listeningSince: Position?
        var notedAt: Position?
    }

    /// When it was judged.
    var position: Position
    var requester: End
    /// `nil` when the request names no key.
    var target: End?
    /// The address that the requester would dial, as the request says.
    var dialled: Text?
    /// Where the same signed event was decided first; `nil` when it was here.
    var first: RecordedEntry?
    /// What shows that a client speaks the other dialect.
    var dialect: DialectTrace?
    /// The dialect in force, and since which entry.
    var speaks: (dialect: Dialect, since: UInt64)
    /// The position of the next attempt between the two keys, and its decision.
    var next: (decision: Decision, at: Position)?
    /// The settings in force.
    var policy: Policy
    /// The keys of the session that asked, and by how many seconds its clock was off when it authenticated.
    var sessionKeys: [PublicKey] = []
    var skewAtOpening: Int64?

    /// Whether the target's note offers the address that the request dials; `nil` when that cannot be told.
    var dialsOfferedAddress: Bool? {
        guard let dialled, let note = target?.presence.offer.note, !note.isEmpty else { return nil }
        return note.addresses.contains(dialled)
    }
}

extension Situation {
    /// How far ahead another attempt of the same two keys counts as one that follows.
    static let nextAttemptMicroseconds: Int64 = 600 * Position.microsecondsPerSecond

    /// Looks around a request.
    ///
    /// - Parameters:
    ///   - before: the state that it was judged in.
    ///   - positions: the entries that hold the same event.
    ///   - looksFurther: whether dialects and later attempts are looked for.
    init(
        _ event: Event, session: UInt64?, at position: Position, in before: RelayState,
        _ reader: borrowing LogReader, firstOf positions: [UInt64] = [], looksFurther: Bool = true
    ) throws {
        self.position = position
        policy = before.policy
        speaks = (before.policy.dialect, try Situation.dialectSince(before, in: reader))
        requester = try Situation.end(event.pubkey, in: before, at: position, reader)
        let key = event.tags.firstValue(of: "p").flatMap { PublicKey(hex: $0.string.lowercased()) }
        target = try key.map { try Situation.end($0, in: before, at: position, reader) }
        dialled = (try? JSONValue.parse(event.content.utf8))?["peer_endpoint_addr"]?.stringValue
        if let first = positions.first, first < position.seq {
            let decision = try reader.entryIfPresent(at: first + 1).map { try RecordedEntry($0) }
            if decision?.decision?.request == first { self.first = decision }
        }
        if let session {
            sessionKeys = before.sessions[session]?.keys.map(\.key) ?? []
            if let opening = try reader.entryIfPresent(at: session).map({ try RecordedEntry($0) }),
                case .input(.authenticated(let proof, nil), _) = opening.content
            {
                skewAtOpening = proof.createdAt - opening.position.seconds
            }
        }
        guard looksFurther else { return }
        let keys = [event.pubkey] + (key.map { [$0] } ?? [])
        dialect = try DialectTrace.find(
            of: keys, near: position.seq, spoken: before.policy.dialect, in: reader)
        if let key { next = try Situation.attempt(between: event.pubkey, key, after: position, in: reader) }
    }

    private static func end(
        _ key: PublicKey, in state: RelayState, at position: Position, _ reader: borrowing LogReader
    ) throws -> End {
        var end = End(presence: Presence(key, in: state, at: position.time))
        if let since = end.presence.listeningSince {
            end.listeningSince = try reader.entryIfPresent(at: since).map {
                Position(seq: $0.leaf.seq, time: $0.leaf.time)
            }
        } else {
            end.stopped = try History.listening(of: key, before: position.seq, in: reader)
        }
        if let note = end.presence.offer.note {
            end.notedAt = try reader.entryIfPresent(at: note.seq).map { Position(seq: $0.leaf.seq, time: $0.leaf.time) }
        }
        return end
    }

    /// Since which policy entry the relay speaks the dialect that it speaks.
    private static func dialectSince(_ state: RelayState, in reader: borrowing LogReader) throws -> UInt64 {
        var since = state.policySeq
        for entry in try PolicyChain.read(from: state.policySeq, in: reader) {
            guard entry.policy.dialect == state.policy.dialect else { break }
            since = entry.entry.leaf.seq
        }
        return since
    }

    /// The next request of one of two keys for the other, and how it was decided.
    static func attempt(
        between one: PublicKey, _ other: PublicKey, after position: Position, in reader: borrowing LogReader
    ) throws -> (decision: Decision, at: Position)? {
        let end = try reader.firstPosition(atOrAfter: position.time &+ nextAttemptMicroseconds)
        var found: (Decision, Position)?
        try reader.forwards(
            from: position.seq + 1, to: end, types: [.decision], containing: Needle(one.hex)
        ) { entry in
            guard let decision = entry.decision, decision.request > position.seq,
                decision.isAttempt(between: one, other)
            else { return true }
            found = (decision, Position(seq: decision.request, time: entry.leaf.time))
            return false
        }
        return found
    }
}
