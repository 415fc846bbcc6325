import Log
import Nostr

/// What one entry of a log means to a replay of the state.
struct ReplayStep: Sendable {
    enum Content: Sendable {
        case input(Input)
        /// An input that was erased, as it may be.
        case erased
        /// A decision that may have to be adopted: its payload.
        case decision([UInt8])
        /// What follows from the input before it.
        case output
    }

    let position: Position
    /// What the entry says of the state before it.
    let stateRoot: Bytes32
    let isMark: Bool
    let content: Content

    /// - Throws: `ReplayError` for a payload that is not understood, or that must not be erased.
    init(_ entry: borrowing EntryView) throws(ReplayError) {
        let leaf = entry.leaf
        position = Position(seq: leaf.seq, time: leaf.time)
        stateRoot = leaf.stateRoot
        isMark = leaf.type == .mark
        if let input = try entry.input() {
            content = .input(input)
        } else if !leaf.type.isOutput {
            content = .erased
        } else if leaf.type == .decision, let payload = entry.payload {
            content = .decision(Array(payload))
        } else {
            content = .output
        }
    }
}

/// A state, and what a replay remembers beside it to go on without what was erased.
struct StateReplay {
    private(set) var state: RelayState
    private var gap = ErasureGap()
    private var recorder = StateRecorder()

    init(_ state: RelayState) { self.state = state }

    /// Applies the next entry.
    mutating func apply(_ step: borrowing ReplayStep) throws(ReplayError) {
        let position = step.position
        if gap.hidesRoot {
            state.adopt(pinnedRoot: step.stateRoot)
            gap.hidesRoot = false
        }
        switch step.content {
        case .input(let input):
            gap.memory.pass(to: position.time, in: state)
            let transition = state.apply(input, at: position, recorder: &recorder)
            guard position.time < gap.memory.end else { return }
            gap.note(transition, at: position)
            gap.hidesRoot = step.isMark
        case .erased:
            state.skip(erasedAt: position, decision: nil)
            gap.memory.note(erasedAt: position.time, in: state)
            gap.note(erasedAt: position)
        case .decision(let payload):
            guard gap.cause?.seq == position.seq &- 1 else { return }
            do throws(PayloadError) {
                gap.settle(
                    try payload.withBytes { bytes throws(PayloadError) in try Decision(payload: bytes) }, in: &state)
            } catch {
                throw ReplayError(seq: position.seq, reason: error.description)
            }
        case .output: break
        }
    }
}

/// Where a replay goes on without inputs that were erased: decisions are counted there as the log has them.
private struct ErasureGap {
    /// Until when what was erased may matter.
    var memory = ErasureMemory()
    /// The latest input whose decision has to be looked at.
    private(set) var cause: Position?
    /// Whether the root of the latest mark cannot be computed: the next entry tells it.
    var hidesRoot = false
    /// What it came to here; `nil` when it was erased itself.
    private var computed: Decision.Outcome?

    mutating func note(erasedAt position: Position) {
        cause = position
        computed = nil
    }

    mutating func note(_ transition: Transition, at position: Position) {
        guard case .decision(let decision)? = transition.outputs.first, decision.kind == .meshConnectRequest else {
            return cause = nil
        }
        cause = position
        computed = decision.outcome
    }

    func settle(_ recorded: Decision, in state: inout RelayState) {
        guard let cause, recorded.kind == .meshConnectRequest else { return }
        if computed == nil {
            state.skip(erasedAt: cause, decision: recorded)
        } else if let computed, computed != recorded.outcome {
            state.adopt(recorded.outcome, insteadOf: computed)
        }
    }
}
