import Log
import Nostr
import Reducers

/// A state that is played on, step by step, past what was erased.
struct Played {
    private(set) var state: RelayState
    /// Until when what was erased may matter, by the log's time.
    private var uncertainUntil = Int64.min
    /// Whether the root of the latest mark could not be computed: the next entry tells it.
    private var hidesRoot = false

    init(_ state: RelayState) { self.state = state }

    /// Changes the state from outside of the log.
    @discardableResult
    mutating func change<Result>(_ body: (inout RelayState) -> Result) -> Result { body(&state) }

    /// Applies a step's input, or another one in its place; `nil` for one that was erased.
    ///
    /// - Parameter other: what comes in instead.
    @discardableResult
    mutating func play(_ step: RecordedStep, as other: Input? = nil) -> (failed: Check?, transition: Transition)? {
        let position = step.input.position
        if hidesRoot {
            state.adopt(pinnedRoot: step.input.leaf.stateRoot)
            hidesRoot = false
        }
        guard case .input(let recorded, _) = step.input.content else {
            state.skip(erasedAt: position, decision: step.decision)
            uncertainUntil = position.time + state.memoryMicroseconds
            return nil
        }
        let played = state.applyTracing(other ?? recorded, at: position)
        guard position.time < uncertainUntil, other == nil else { return played }
        hidesRoot = step.input.leaf.type == .mark
        if let recorded = step.decision, let computed = played.transition.decision,
            recorded.kind == .meshConnectRequest, recorded.outcome != computed.outcome
        {
            state.adopt(recorded.outcome, insteadOf: computed.outcome)
        }
        return played
    }
}
