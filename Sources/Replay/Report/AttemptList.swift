import Nostr
import Reducers

/// Every attempt that is told: a line, and its story under it.
struct AttemptList {
    let report: Report
    let words: ReportWords

    var markup: Markup {
        guard !report.stories.isEmpty else {
            return "<p class=\"none\">Nobody asked to be connected in this range.</p>"
        }
        return "<div id=\"stories\">\(report.stories.map(story))</div>"
    }

    private func story(_ story: Report.Story) -> Markup {
        let attempt = story.attempt
        let decision = attempt.decision
        let outcome = attempt.isGranted ? "connected" : "refused"
        return """
            <details class="story \(decision.outcome.rawValue)" id="story-\(attempt.request.seq)" \
            data-a="\(decision.author?.hex ?? "")" data-b="\(decision.target?.hex ?? "")">
            <summary><time>\(ReportWords.day(attempt.request.time)) \(ReportWords.clock(attempt.request.time))</time> \
            <span class="outcome">\(outcome)</span> <span class="ends">\(words.name(decision.author)) → \
            \(words.name(decision.target))</span></summary>
            <p>\(sentence(attempt))</p>
            \(ring(attempt))
            \(checks(story))
            \(advice(story))
            \(verdicts(story))
            <p class="repeat">Repeat it: <code>ringdown-replay why --data DIR \(attempt.request.seq)</code></p>
            </details>
            """
    }

    private func sentence(_ attempt: Attempt) -> Markup {
        let decision = attempt.decision
        let asked: Markup = """
            At \(Timestamp.text(attempt.request.time)) \(words.name(decision.author)) asked to be connected with \
            \(words.name(decision.target)).
            """
        if attempt.isGranted { return "\(asked) Both belonged to the community at that moment, so both were called." }
        let meaning = ReportWords.meaning(decision.code).map { " \($0)" } ?? ""
        return "\(asked) It was refused.\(meaning) They were told: “\(Printable.text(Text(decision.message)))”."
    }

    private func ring(_ attempt: Attempt) -> Markup {
        guard attempt.isGranted else { return "" }
        return """
            <ul><li>\(words.name(attempt.decision.author)): \(AttemptText.end(attempt.requester))</li>
            <li>\(words.name(attempt.decision.target)): \(AttemptText.end(attempt.target))</li></ul>
            """
    }

    private func advice(_ story: Report.Story) -> Markup {
        story.advice.map { "<p class=\"advice\">What would have had to be different: \($0).</p>" } ?? ""
    }

    /// Two rules may ask the same question in a row; a person asks it once.
    private func checks(_ story: Report.Story) -> Markup {
        let checks = story.checks
        guard !checks.isEmpty else {
            return """
                <p class="none">The checks were not made again here: the request, or one shortly before it, was erased.</p>
                """
        }
        let lines = checks.indices.filter { $0 == 0 || checks[$0 - 1] != checks[$0] }.map { index -> Markup in
            let check = checks[index]
            let basis: Markup = check.fact.basis.map { " <span class=\"basis\">(entry \($0))</span>" } ?? ""
            return """
                <li class="\(check.passed ? "passed" : "failed")">\(check.name.rawValue): \(check.fact.text)\(basis)</li>
                """
        }
        return "<ol class=\"checks\">\(lines)</ol>"
    }

    /// As recorded, recomputed under the rules of that day, and what today's rules are.
    private func verdicts(_ story: Report.Story) -> Markup {
        let decision = story.attempt.decision
        let recomputed: Markup
        switch story.recomputed {
        case nil: recomputed = "<td class=\"unknown\">not computed: something was erased</td>"
        case let again?:
            let verdict = story.differs ? "not as recorded" : "the same"
            recomputed = """
                <td class="\(story.differs ? "differs" : "same")">\(again.outcome.rawValue), \(verdict)</td>
                """
        }
        let version = decision.rules.rawValue
        let today: Markup =
            decision.rules == .current
            ? "today’s rules are those of that day (version \(version))"
            : "that day’s rules were version \(version); today’s are \(RulesVersion.current.rawValue): ask <code>why</code>"
        return """
            <table class="verdicts"><tr><th>as recorded</th><th>the rules of that day</th><th>today’s rules</th></tr>
            <tr><td>\(decision.outcome.rawValue)</td>\(recomputed)<td>\(today)</td></tr></table>
            """
    }
}
