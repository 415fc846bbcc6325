import Log
import Nostr

/// One input carried through: the entries that it appends, and what the relay has to do once they are durable.
public struct Step: Sendable {
    /// The input's own position; its outputs follow without a gap.
    public var position: Position
    /// The answer, and what else follows.
    public var transition: Transition
    /// The entries in order, the input's own first.
    public var drafts: [Draft]
    /// The signed events among the outputs, with their positions.
    public var events: [(seq: UInt64, event: Event)]
}

/// One input applied, and what the entries that follow from it commit to. Making the entries needs no state any more, so
/// that a verifier can make those of many inputs at once.
public struct Applied: Sendable {
    /// The input.
    public let input: Input
    /// The input's own position.
    public let position: Position
    /// The answer, and what else follows.
    public let transition: Transition
    /// The position of the policy before and after the input.
    let rules: (before: UInt64, after: UInt64)
    /// The members' root before and after.
    let members: (before: Bytes32, after: Bytes32)
    /// The pinned state root of the input's own entry, and of those that follow from it.
    let state: (before: Bytes32, after: Bytes32)
}

extension RelayState {
    /// Applies an input and makes the entries that it and its outputs append.
    ///
    /// The relay and the verifier both come through here: the one to append the entries, the other to compare them with
    /// what the log holds. They differ only in `sign`.
    ///
    /// - Parameters:
    ///   - position: the input's own position.
    ///   - salt: the input's salt; the outputs' salts are derived from it (AUDIT.md, "Commitments, not data").
    ///   - sign: turns an event of the relay into a signed one.
    public mutating func step<Failure: Error>(
        _ input: Input, at position: Position, salt: Bytes32, sign: (UnsignedEvent) throws(Failure) -> Event
    ) throws(Failure) -> Step {
        try applying(input, at: position).step(salt: salt, sign: sign)
    }

    /// The first half of `step`: applies an input.
    public mutating func applying(_ input: Input, at position: Position) -> Applied {
        let before = (rules: context.policySeq, members: membership.root, state: stateRoot)
        let transition = apply(input, at: position)
        return Applied(
            input: input, position: position, transition: transition, rules: (before.rules, context.policySeq),
            members: (before.members, membership.root),
            state: (before.state, input.type == .mark ? stateRoot : before.state))
    }
}

extension Applied {
    /// The second half of `step`: makes the entries.
    public func step<Failure: Error>(
        salt: Bytes32, sign: (UnsignedEvent) throws(Failure) -> Event
    ) throws(Failure) -> Step {
        let refusal = transition.hasDecision ? nil : transition.refusal
        let payload = input.payload(answer: refusal?.message, removals: transition.removals)
        var drafts: [Draft] = []
        drafts.reserveCapacity(1 + transition.outputs.count)
        drafts.append(
            Draft(
                type: input.type, flags: input.flags, rules: UInt32(truncatingIfNeeded: rules.before),
                membersRoot: members.before,
                stateRoot: state.before, salt: salt, payload: payload.bytes,
                shape: payload.shape, event: payload.indexing(transition.storage)))
        var events: [(seq: UInt64, event: Event)] = []
        var membersRoot = members.before
        var laterRoots = transition.memberRoots[...]
        for (index, output) in transition.outputs.enumerated() {
            let payload: Payload
            switch output {
            case .decision(let decision):
                payload = Payload(bytes: decision.payload)
            case .effect(let effect):
                payload = Payload(bytes: effect.payload(cause: position.seq))
            case .event(let unsigned):
                let event = try sign(unsigned)
                var head = JSONWriter()
                head.beginObject()
                head.field("cause", position.seq)
                payload = Payload(head: head, event: event)
                events.append((position.seq + UInt64(index) + 1, event))
            }
            drafts.append(
                Draft(
                    type: output.type, flags: output.flags, rules: UInt32(truncatingIfNeeded: rules.after),
                    membersRoot: membersRoot,
                    stateRoot: state.after, salt: Commitment.outputSalt(input: salt, index: UInt32(index + 1)),
                    payload: payload.bytes, shape: payload.shape, event: payload.indexing(output.storage)))
            // An entry commits to the members before it: the effect still sees the old list, what follows the new one.
            if case .effect = output { membersRoot = laterRoots.popFirst() ?? members.after }
        }
        return Step(position: position, transition: transition, drafts: drafts, events: events)
    }
}

extension Input {
    /// Whether the payload may be erased: the events of people, but not what the membership rests on.
    var flags: UInt8 {
        guard case .event(let event, _, _) = self, !event.kind.changesMembership else { return 0 }
        return LeafFlags.erasable
    }
}

extension Output {
    /// Whether the payload may be erased: what carries addresses.
    var flags: UInt8 {
        guard case .event(let event) = self, event.kind == .meshStatus || event.kind == .callMeNow else { return 0 }
        return LeafFlags.erasable
    }

    /// Whether the event goes to subscribers: an invite code is for who asked only.
    var storage: Transition.Storage {
        guard case .event(let event) = self, event.kind == .inviteRequest else { return .served }
        return .recorded
    }
}

extension Transition {
    /// Whether a decision entry follows, which says what the answer was.
    var hasDecision: Bool {
        if case .decision? = outputs.first { true } else { false }
    }
}

extension Payload {
    /// Contents shorter than this are not worth a place of their own.
    static let sharedContentMinimumBytes = 256

    /// How the payload can be stored in less room: a hint, never part of what is hashed.
    var shape: PayloadShape {
        guard let (event, offset) = event else { return PayloadShape() }
        func moved(_ range: Range<Int>) -> Range<Int> { range.lowerBound + offset..<range.upperBound + offset }
        return PayloadShape(
            shared: Payload.repeatingPart(of: event).map(moved), document: offset..<offset + event.raw.count)
    }

    /// The part of an event's bytes that other events are expected to have, too: a report's content, and what stands
    /// behind the time in a note's, which is renewed again and again for as long as the reports stay the same.
    private static func repeatingPart(of event: Event) -> Range<Int>? {
        var part = event.layout.content
        switch event.kind {
        case .meshStatusReport: break
        case .meshStatus:
            guard let time = event.raw[part].firstRange(of: Array(#"\"updatedAt\":"#.utf8)) else { return nil }
            let digits = event.raw[time.upperBound..<part.upperBound].prefix { (0x30...0x39).contains($0) }
            part = digits.endIndex..<part.upperBound
        default: return nil
        }
        return part.count >= sharedContentMinimumBytes ? part : nil
    }

    func indexing(_ storage: Transition.Storage) -> EventIndexing? {
        event.map { EventIndexing(event: $0.event, served: storage == .served) }
    }
}
