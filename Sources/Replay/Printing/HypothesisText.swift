import Log
import Nostr
import Reducers

/// A request that nobody sent as a screenful for people, or one object for programs.
struct HypothesisText: Answer {
    let hypothesis: Hypothesis
    let words: EntryWords

    private var names: KeyNames { words.names }
    private var position: Position { hypothesis.situation.position }

    /// The checks, how both ends stood, whether it would ring, and what to do.
    var lines: [String] {
        var lines = [
            """
            if \(names(hypothesis.requester)) had asked for \(names(hypothesis.target)) before entry \(position.seq), \
            \(Timestamp.text(position.time))
            """
        ]
        if let door = hypothesis.door {
            lines.append("  it was not connected and could not connect: \(door.message)")
        } else if hypothesis.connectsFirst {
            lines.append("  it was not connected; these are the checks after it connected")
        }
        lines += ["", "checks"]
        lines += StepText(words: words, time: position.time, spelled: spelled).lines(hypothesis.explanation.steps)
            .map { "  \($0)" }
        lines += ["", "it would have been", "  \(outcome)", "", "both ends at that moment"]
        lines += PresenceText(names: names).lines(hypothesis.situation).map { "  \($0)" }
        let real = [("before", hypothesis.before), ("after", hypothesis.after)].compactMap { name, attempt in
            attempt.map { line(name, $0.decision, at: $0.at) }
        }
        if !real.isEmpty { lines += ["", "what was really asked within ten minutes"] + real.map { "  \($0)" } }
        return lines + ["", "what to do", "  \(spelled(hypothesis.advice))"]
    }

    private var outcome: String {
        guard let decision = hypothesis.explanation.transition.decision else { return "not decided" }
        guard decision.outcome == .granted else { return "refused: \(decision.message)" }
        if hypothesis.wouldRing { return "granted, and both ends rung" }
        let silent = [
            hypothesis.situation.requester.presence.listeningSince == nil ? "the requester" : nil,
            hypothesis.situation.target?.presence.listeningSince == nil ? "the target" : nil,
        ].compactMap { $0 }.joined(separator: " and ")
        return "granted, but \(silent) would not have been rung"
    }

    private func line(_ name: String, _ decision: Decision, at: Position) -> String {
        let author = decision.author.map(names.callAsFunction) ?? "nobody"
        return """
            \(Span.text(at.time &- position.time)) \(name): \(author) asked, \(decision.outcome.rawValue) \
            (\(decision.code)), entry \(at.seq): see `why \(at.seq)`
            """
    }

    /// A text of the rules with the keys spelled as the user asked for.
    private func spelled(_ text: String) -> String {
        var keys = [hypothesis.requester, hypothesis.target]
        keys += [hypothesis.situation.requester.presence.owner, hypothesis.situation.target?.presence.owner]
            .compactMap { $0 }
        return keys.reduce(text) { text, key in
            text.split(separator: key.shortNpub, omittingEmptySubsequences: false).joined(separator: names(key))
        }
    }

    /// One object on one line; docs/replay.md names its fields.
    var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("position", position.seq)
        json.field("time", Timestamp.text(position.time, .microseconds))
        json.field("requester", hypothesis.requester)
        json.field("target", hypothesis.target)
        json.field("connects_first", hypothesis.connectsFirst)
        json.field("door", hypothesis.door?.message)
        json.list("checks", hypothesis.explanation.steps) { step, json in json.write(step, words) }
        let decision = hypothesis.explanation.transition.decision
        json.field("outcome", decision?.outcome.rawValue)
        json.field("code", decision?.code)
        json.field("message", decision?.message)
        json.field("would_ring", hypothesis.wouldRing)
        json.field("requester_end", hypothesis.situation.requester)
        if let target = hypothesis.situation.target { json.field("target_end", target) }
        json.field("asked_before", hypothesis.before?.at.seq)
        json.field("asked_after", hypothesis.after?.at.seq)
        json.field("advice", hypothesis.advice)
        json.endObject()
        return json.bytes
    }
}
