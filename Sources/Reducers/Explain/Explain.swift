extension RelayState {
    /// The checks that an input goes through when it is applied here, in order, and what it comes to. The state itself
    /// stays as it is.
    public func explain(_ input: Input, at position: Position) -> (checks: [Check], transition: Transition) {
        var recorder = KeepingRecorder()
        var copy = self
        let transition = copy.apply(input, at: position, recorder: &recorder)
        return (recorder.checks, transition)
    }
}
