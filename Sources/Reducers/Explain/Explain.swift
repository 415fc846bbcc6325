extension RelayState {
    /// The checks that an input goes through when it is applied here, in order, and what it comes to. The state itself
    /// stays as it is.
    ///
    /// - Parameter rules: the version that judges; `nil` for the one that judges here anyway.
    public func explain(
        _ input: Input, at position: Position, rules: RulesVersion? = nil
    ) -> (checks: [Check], transition: Transition) {
        var recorder = KeepingRecorder()
        var copy = rules.map { judging(by: $0) } ?? self
        let transition = copy.apply(input, at: position, recorder: &recorder)
        return (recorder.checks, transition)
    }
}

extension RelayState {
    /// Applies an input and tells the check that it failed at, if it failed at one. Costs hardly more than `apply`: no
    /// fact is made but that of the failure.
    public mutating func applyTracing(_ input: Input, at position: Position) -> (failed: Check?, transition: Transition)
    {
        var recorder = FailureRecorder()
        let transition = apply(input, at: position, recorder: &recorder)
        return (transition.refusal == nil ? nil : recorder.failed, transition)
    }
}

/// Keeps the latest check that did not pass.
struct FailureRecorder: CheckRecorder {
    static var wantsCalls: Bool { true }

    private(set) var failed: Check?

    @inline(__always)
    mutating func record(_ name: Check.Name, passed: Bool, fact: @autoclosure () -> Fact) {
        if !passed { failed = Check(name: name, passed: false, fact: fact()) }
    }
}
