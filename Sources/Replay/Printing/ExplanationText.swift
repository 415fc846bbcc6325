import Log
import Nostr
import Reducers

/// An explanation as a screenful for people, or one object for programs.
struct ExplanationText: Answer {
    let explanation: Explanation
    let words: EntryWords
    /// The data directory, as the user wrote it.
    var directory = "DIR"

    private var names: KeyNames { words.names }
    private var input: RecordedEntry { explanation.input }

    /// The entry, its checks, the decision, what followed, and what would have to be different.
    var lines: [String] {
        var lines = [
            "entry \(input.leaf.seq), \(Timestamp.text(input.leaf.time)): \(EntryWords.type(input))",
            "  \(words.text(input))",
        ]
        if !explanation.repeats.isEmpty {
            let places = explanation.repeats.map(String.init).joined(separator: ", ")
            lines.append("  the same event is in entry \(places) too")
        }
        if !explanation.steps.isEmpty {
            lines += ["", "checks"]
            lines += StepText(words: words, time: input.leaf.time, spelled: spelled).lines(explanation.steps)
                .map { "  \($0)" }
        }
        lines += ["", explanation.differences.isEmpty ? "decision" : "decision: THE VERDICTS DIFFER"]
        lines += verdicts.map { "  \($0)" }
        if let situation = explanation.situation {
            lines += ["", "both ends at that moment"]
            lines += PresenceText(names: names).lines(situation).map { "  \($0)" }
        }
        if !explanation.consequences.isEmpty {
            lines += ["", "what followed"]
            lines += explanation.consequences.map { "  \(line($0))" }
        }
        lines += ["", "the same outside of this tool", "  \(outside)"]
        if let advice = explanation.advice { lines += ["", heading, "  \(spelled(advice))"] }
        return lines
    }

    /// What the last lines are about.
    private var heading: String {
        if explanation.transition.refusal != nil { return "what would have to be different" }
        return explanation.consequences.allSatisfy { $0.entry.event?.kind != .callMeNow || $0.ring.isRung }
            ? "if they did not connect all the same" : "what to do"
    }

    /// Three verdicts below each other: as recorded, by the rules of that day, and by others.
    private var verdicts: [String] {
        let isToday = explanation.other.verdict?.rules ?? .current == .current
        let names = [
            "as recorded", "by the rules of that day", isToday ? "by today's rules" : "by the rules asked for",
        ]
        let width = (names.map(\.count).max() ?? 0) + 2
        func line(_ index: Int, _ text: String) -> String { Column.padded(names[index], to: width) + text }
        var lines = [line(0, recordedLine)]
        guard let then = explanation.ofItsDay, let other = explanation.other.verdict else { return lines }
        if explanation.differences.isEmpty {
            lines.append(line(1, "the same (rules \(then.rules.rawValue))"))
        } else {
            lines.append(line(1, "IT DIFFERS: \(text(then))"))
            lines += explanation.differences.map { String(repeating: " ", count: width) + $0 }
        }
        if let reason = explanation.other.reason {
            lines.append(line(2, text(other)))
            let why = spelled(Printable.text(Text(reason)))
            lines.append(String(repeating: " ", count: width) + "unlike the rules of that day: \(why)")
        } else {
            lines.append(line(2, "the same as by the rules of that day (rules \(other.rules.rawValue))"))
        }
        return lines
    }

    private func text(_ verdict: Verdict) -> String {
        let message = verdict.message.isEmpty ? "" : ": \(Printable.text(Text(verdict.message)))"
        return "\(verdict.outcome)\(message) (rules \(verdict.rules.rawValue))"
    }

    /// A command that says the same without this program.
    var outside: String {
        let last = explanation.recorded?.leaf.seq ?? input.leaf.seq
        return """
            ringdown-replay export --data \(directory) --format jsonl --to \(last) | python3 contrib/auditor
            """
    }

    /// A fact's text with the keys spelled as the user asked for.
    private func spelled(_ fact: String) -> String {
        var keys = [input.event?.pubkey, explanation.decision?.target].compactMap { $0 }
        if let situation = explanation.situation {
            keys += situation.sessionKeys + [situation.requester, situation.target].compactMap { $0?.presence.owner }
        }
        if case .input(.event(_, let session?, _), _) = input.content, let opener = words.sessions[session] {
            keys.append(opener)
        }
        return keys.reduce(fact) { text, key in
            let name = names(key)
            return text.split(separator: key.shortNpub, omittingEmptySubsequences: false).joined(separator: name)
        }
    }

    private var recordedLine: String {
        guard let recorded = explanation.recorded, let decision = recorded.decision else {
            switch input.content {
            case .input(.event, nil): return "accepted"
            case .input(.event, let answer?): return "refused: \(Printable.text(answer))"
            default: return "nothing to decide: the entry records what happened"
            }
        }
        let message = decision.message.isEmpty ? "" : ": \(Printable.text(Text(decision.message)))"
        let expiry = decision.expiresAt.map { ", expires \(Timestamp.text(seconds: $0))" } ?? ""
        return "\(decision.outcome.rawValue)\(message) (entry \(recorded.leaf.seq)\(expiry))"
    }

    private func line(_ consequence: Explanation.Consequence) -> String {
        let head = "entry \(consequence.entry.leaf.seq): \(short(consequence.entry))"
        guard consequence.entry.event?.kind == .callMeNow else { return head }
        guard let rungAt = consequence.rungAt else {
            return "\(head): no record that any session got it"
        }
        let after = Span.text(rungAt.time &- input.leaf.time)
        return "\(head): \(AttemptText.ring(consequence.ring)), \(after) later (entry \(rungAt.seq))"
    }

    /// An output without its cause, which is what the whole page is about.
    private func short(_ entry: RecordedEntry) -> String {
        entry.event.map(words.text(signed:)) ?? words.text(entry)
    }
}
