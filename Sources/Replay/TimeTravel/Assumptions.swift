import Log
import Nostr
import Reducers

/// What is assumed to have been otherwise.
struct Assumptions {
    /// An event that comes in although it did not.
    struct Insertion {
        var event: Event
        /// The first position before which it is in.
        var before: UInt64
        /// When it comes in; `nil` for the time of the entry before it.
        var time: Int64?
    }

    /// Settings that have another value, from the beginning to the end.
    var policy: PolicyOverrides?
    /// Keys that are no members, whoever adds them.
    var withoutMembers: [PublicKey] = []
    /// Keys that are members throughout, whoever removes them.
    var withMembers: [(key: PublicKey, role: Role)] = []
    /// Inputs that do not come in.
    var without: Set<UInt64> = []
    var insertions: [Insertion] = []
    /// The version of the rules that judges.
    var rules: RulesVersion?

    var isEmpty: Bool {
        (policy?.isEmpty ?? true) && withoutMembers.isEmpty && withMembers.isEmpty && without.isEmpty
            && insertions.isEmpty && rules == nil
    }

    /// What nobody can know about it, in words.
    var caveats: [String] {
        var lines = [
            "the log holds what clients sent as things were: told otherwise, they might have sent something else"
        ]
        if !withMembers.isEmpty || policy?.text.contains("require_membership") == true {
            lines.append(
                "whoever was not let in left no session and no event in the log: what they would have sent is unknown")
        }
        if !withoutMembers.isEmpty || policy != nil {
            lines.append("a relay logs little of whoever is not let in: many of these refusals would not be entries")
        }
        if policy != nil || rules != nil {
            lines.append(
                "what limits turned away before the log is counted in it, but not kept: it cannot be judged again")
        }
        if !insertions.isEmpty {
            lines.append("whether an inserted event would have been delivered is unknown")
        }
        return lines
    }
}

/// An input whose end is different under a hypothesis.
struct Deviation {
    /// The step as it was recorded; `nil` for an event that was inserted.
    var step: RecordedStep?
    /// Where an inserted event comes in.
    var inserted: (event: Event, position: Position)?
    /// As recorded; `nil` for what was inserted.
    var recorded: StepResult?
    /// Under the hypothesis; `nil` for what was taken out.
    var hypothetical: StepResult?
    /// The check that failed as things were, and the one that fails under the hypothesis.
    var failed: (recorded: Check?, hypothetical: Check?)

    /// The check at which both part.
    var check: Check? { failed.hypothetical ?? failed.recorded }
}
