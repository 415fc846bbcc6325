import Nostr
import Reducers

/// How an input came out, by what was recorded or by some version of the rules.
struct Verdict: Equatable {
    /// How it ended; for an event without a decision `accepted` or `refused`.
    var outcome: String
    /// A stable name of the reason; `nil` where nothing recorded one.
    var code: String?
    /// What its author was told.
    var message: String
    /// The version of the rules.
    var rules: RulesVersion

    /// What some rules made of it; `nil` where there was nothing to judge.
    init?(_ transition: Transition, of input: Input, rules: RulesVersion) {
        self.rules = rules
        if let decision = transition.decision {
            (outcome, code, message) = (decision.outcome.rawValue, decision.code, decision.message)
        } else if case .event = input {
            outcome = transition.answer.accepted ? "accepted" : "refused"
            (code, message) = (transition.refusal?.code, transition.answer.message)
        } else {
            return nil
        }
    }

    /// Whether both came to the same end for the same reason.
    func agrees(with other: Verdict) -> Bool {
        outcome == other.outcome && code == other.code && message == other.message
    }
}

/// What other rules than those of its day would have made of an input.
struct OtherVerdict {
    /// The verdict; `nil` where there was nothing to judge.
    var verdict: Verdict?
    /// Why it differs from the one of its day; `nil` when it does not.
    var reason: String?

    /// Judges an input once more, in the state of its day, by other rules.
    init(
        _ input: Input, at position: Position, in before: RelayState, rules: RulesVersion, ofItsDay checks: [Check],
        _ transition: Transition
    ) {
        let (others, other) = (rules == before.rules ? before : before.judging(by: rules)).explain(input, at: position)
        verdict = Verdict(other, of: input, rules: rules)
        guard let verdict, let then = Verdict(transition, of: input, rules: before.rules), !verdict.agrees(with: then)
        else { return }
        reason = OtherVerdict.reason(checks, others)
    }

    /// The first check that one of both made and the other did not, or made otherwise.
    private static func reason(_ then: [Check], _ now: [Check]) -> String {
        if let check = now.first(where: { check in !check.passed && !then.contains(check) }) {
            return "they refuse at \"\(check.name.rawValue)\": \(check.fact.text)"
        }
        if let check = then.first(where: { check in !check.passed && !now.contains(check) }) {
            return now.contains { $0.name == check.name }
                ? "their check \"\(check.name.rawValue)\" lets it pass"
                : "they have no check \"\(check.name.rawValue)\" (\(check.fact.text))"
        }
        return "they give another answer"
    }
}
