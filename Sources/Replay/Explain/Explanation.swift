import Log
import Nostr
import Reducers

/// Everything that can be said about one entry: what came in, each check with the entry that made its fact, what was
/// decided then and what the rules decide now, and what followed.
struct Explanation {
    /// One check, and where its fact comes from.
    struct Step {
        /// What was asked.
        var name: String
        /// Whether it let the input through.
        var passed: Bool
        /// What the check saw.
        var fact: String
        /// The entry that made the fact, and who brought it about.
        var basis: (entry: RecordedEntry, actor: Actor)?
        /// How the fact came to be no more: for a key that is no member, or a session that ended.
        var ending: Ending?
    }

    /// One event that followed, and what became of it.
    struct Consequence {
        var entry: RecordedEntry
        var ring: Ring
        /// When the first record of its delivery was written.
        var rungAt: Position?
    }

    /// The input that is explained.
    var input: RecordedEntry
    /// Other entries that hold the same event.
    var repeats: [UInt64] = []
    var steps: [Step]
    /// The version of the rules of its day.
    var rules: RulesVersion
    /// What they make of it when they are run again.
    var transition: Transition
    /// The decision as it was recorded; `nil` where none is.
    var recorded: RecordedEntry?
    /// What the recorded answer and decision have that the recomputed ones have not.
    var differences: [String]
    /// The membership effects and signed events that followed.
    var consequences: [Consequence]
    /// What other rules than those of its day make of it.
    var other: OtherVerdict
    /// How both ends stood; only for a connect request.
    var situation: Situation?
    /// What would have to be different, or what to do next, in plain words.
    var advice: String?

    /// The verdict of the rules of its day; `nil` where there was nothing to judge.
    var ofItsDay: Verdict? {
        guard case .input(let content, _) = input.content else { return nil }
        return Verdict(transition, of: content, rules: rules)
    }

    /// Every entry that it speaks of.
    var entries: [RecordedEntry] { [input] + steps.compactMap(\.basis?.entry) + consequences.map(\.entry) }

    /// The recomputed decision.
    var decision: Decision? { transition.decision }
}

extension Transition {
    /// The decision among the outputs.
    var decision: Decision? {
        if case .decision(let decision)? = outputs.first { decision } else { nil }
    }
}
