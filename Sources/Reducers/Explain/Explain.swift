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
