import Log
import Nostr
import Reducers

/// An explanation as a screenful for people, or one object for programs.
struct ExplanationText {
    let explanation: Explanation
    let words: EntryWords

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
            let width = explanation.steps.map(\.name.count).max() ?? 0
            var named: Set<UInt64> = []
            for step in explanation.steps {
                let isNew = step.basis.map { named.insert($0.entry.leaf.seq).inserted } ?? false
                lines += self.lines(step, width: width, isNew: isNew)
            }
        }
        lines += ["", "decision", "  \(recordedLine)"]
        if let listening { lines.append("  \(listening)") }
        if explanation.differences.isEmpty {
            lines.append("  recomputed with rules \(RulesVersion.current.rawValue): the same")
        } else {
            lines.append("  RECOMPUTED WITH RULES \(RulesVersion.current.rawValue), IT DIFFERS:")
            lines += explanation.differences.map { "    \($0)" }
        }
        if !explanation.consequences.isEmpty {
            lines += ["", "what followed"]
            lines += explanation.consequences.map { "  \(line($0))" }
        }
        if let advice = explanation.advice {
            lines += [
                "", explanation.transition.refusal == nil ? "what to do" : "what would have to be different",
                "  \(advice)",
            ]
        }
        return lines
    }

    /// A check and its fact, and what made it so: in full where an entry is named for the first time.
    private func lines(_ step: Explanation.Step, width: Int, isNew: Bool) -> [String] {
        var head = "  \(step.passed ? "✓" : "✗") \(Column.padded(step.name, to: width))  \(spelled(step.fact))"
        var lines: [String] = []
        let indent = String(repeating: " ", count: width + 6)
        if let (entry, actor) = step.basis {
            if isNew {
                lines.append(
                    """
                    \(indent)from entry \(entry.leaf.seq), \(Timestamp.text(entry.leaf.time)), by \(text(actor)): \
                    \(words.text(entry))
                    """)
            } else {
                head += " (entry \(entry.leaf.seq))"
            }
        }
        if let ending = step.ending { lines.append(indent + text(ending)) }
        return [head] + lines
    }

    /// Who listened for calls when a call was granted: no check asks, but nothing rings without.
    private var listening: String? {
        guard let basis = explanation.recorded?.decision?.basis,
            explanation.recorded?.decision?.outcome == .granted
        else { return nil }
        func text(_ since: UInt64?) -> String { since.map { "listened since entry \($0)" } ?? "was not listening" }
        return "the requester \(text(basis.requesterListening)), the target \(text(basis.targetListening))"
    }

    /// A fact's text with the keys spelled as the user asked for.
    private func spelled(_ fact: String) -> String {
        var keys = [input.event?.pubkey, explanation.decision?.target].compactMap { $0 }
        if case .input(.event(_, let session?, _), _) = input.content, let opener = words.sessions[session] {
            keys.append(opener)
        }
        return keys.reduce(Printable.text(Text(fact))) { text, key in
            let name = names(key)
            return text.split(separator: key.shortNpub, omittingEmptySubsequences: false).joined(separator: name)
        }
    }

    private func text(_ actor: Actor) -> String {
        switch actor {
        case .key(let key): names(key)
        case .operator: "the operator"
        }
    }

    private func text(_ ending: Ending) -> String {
        func when(_ position: Position) -> String {
            "\(Span.text(input.leaf.time &- position.time)) before, entry \(position.seq), \(Timestamp.text(position.time))"
        }
        switch ending {
        case .removed(let position, let actor): return "was removed \(when(position)), by \(text(actor))"
        case .closed(let position, let reason):
            return "was closed \(when(position))" + (reason.isEmpty ? "" : ": \(Printable.text(Text(reason)))")
        case .restarted(let position): return "ended with a restart of the relay \(when(position))"
        case .never: return "was never there before in this log"
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
