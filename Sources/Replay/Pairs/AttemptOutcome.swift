import ArgumentParser

/// How an attempt ended, as `pairs` is asked for it.
enum AttemptOutcome: String, CaseIterable, ExpressibleByArgument {
    /// Granted, whatever became of the call.
    case granted
    case refused
    /// Granted, and both ends rung.
    case rung
    /// Granted, but one end or both not rung.
    case silent

    /// How a complete attempt ended, told apart as far as possible.
    static func of(_ attempt: Attempt) -> AttemptOutcome {
        !attempt.isGranted ? .refused : attempt.isRung ? .rung : .silent
    }
}

/// What `pairs` groups by.
enum AttemptGrouping: String, CaseIterable, ExpressibleByArgument {
    case pair, day, hour, outcome, code, key
}
