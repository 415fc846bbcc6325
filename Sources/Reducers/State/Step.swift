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
        let before = (rules: context.policySeq, members: membership.root, state: stateRoot)
        let transition = apply(input, at: position)
        let refusal = transition.hasDecision ? nil : transition.refusal
        let payload = input.payload(answer: refusal?.message)
        var drafts = [
            Draft(
                type: input.type, rules: UInt32(truncatingIfNeeded: before.rules), membersRoot: before.members,
                stateRoot: before.state, salt: salt, payload: payload.bytes,
                shape: payload.shape, event: payload.indexing(transition.storage))
        ]
        drafts.reserveCapacity(1 + transition.outputs.count)
        var events: [(seq: UInt64, event: Event)] = []
        var members = before.members
        let pinned = input.type == .mark ? stateRoot : before.state
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
                    type: output.type, rules: UInt32(truncatingIfNeeded: context.policySeq), membersRoot: members,
                    stateRoot: pinned, salt: Commitment.outputSalt(input: salt, index: UInt32(index + 1)),
                    payload: payload.bytes, shape: payload.shape, event: payload.indexing(.served)))
            // An entry commits to the members before it: the effect still sees the old list, what follows the new one.
            if case .effect = output { members = membership.root }
        }
        return Step(position: position, transition: transition, drafts: drafts, events: events)
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
        let layout = event.layout
        func moved(_ range: Range<Int>) -> Range<Int> { range.lowerBound + offset..<range.upperBound + offset }
        let isShared = layout.content.count >= Payload.sharedContentMinimumBytes && event.kind == .meshStatusReport
        return PayloadShape(
            hex: [moved(layout.id), moved(layout.pubkey), moved(layout.signature)],
            shared: isShared ? moved(layout.content) : nil,
            document: offset..<offset + event.raw.count)
    }

    func indexing(_ storage: Transition.Storage) -> EventIndexing? {
        event.map { EventIndexing(event: $0.event, served: storage == .served) }
    }
}
