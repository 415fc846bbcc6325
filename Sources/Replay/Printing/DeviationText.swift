import Nostr
import Reducers

/// An input that ends otherwise, as lines for people or an object for programs.
struct DeviationText {
    let words: EntryWords

    /// What came in, how it ended and how it would have, and the check that makes the difference.
    func lines(_ deviation: Deviation) -> [String] {
        var lines: [String] = []
        if let step = deviation.step {
            lines.append(
                """
                \(Column.position(step.input.leaf.seq))  \(Timestamp.text(step.input.leaf.time))  \(title(step))
                """)
        } else if let (event, position) = deviation.inserted {
            lines.append(
                """
                inserted  \(Timestamp.text(position.time))  \(words.text(event)), after entry \(position.seq)
                """)
        }
        let recorded = deviation.recorded.map(text) ?? "not there"
        let hypothetical = deviation.hypothetical.map(text) ?? "taken out"
        lines.append("         \(recorded) → \(hypothetical)")
        if let check = deviation.check {
            let side = deviation.failed.hypothetical == nil ? "as it was" : "then"
            lines.append("         \(side) ✗ \(check.name.rawValue): \(Printable.text(Text(check.fact.text)))")
        }
        return lines
    }

    private func title(_ step: RecordedStep) -> String {
        guard case .input(let input, _) = step.input.content else { return "erased" }
        if case .event(let event, _, _) = input { return words.text(event) }
        return words.text(step.input)
    }

    private func text(_ result: StepResult) -> String {
        result.outcome + (result.message.isEmpty ? "" : " (\(Printable.text(Text(result.message))))")
    }

    /// One object; docs/replay.md names its fields.
    func json(_ deviation: Deviation) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        let position = deviation.step?.input.position ?? deviation.inserted?.position
        json.field("position", position?.seq)
        json.field("time", position.map { Timestamp.text($0.time, .microseconds) })
        let event = deviation.step?.input.event ?? deviation.inserted?.event
        json.field("inserted", deviation.inserted != nil)
        json.field("kind", (event?.kind)?.rawValue)
        json.field("event", event?.id)
        json.field("author", event?.pubkey)
        json.field("target", event?.tags.firstValue(of: "p").flatMap { PublicKey(hex: $0.string) })
        if let recorded = deviation.recorded { write("recorded", recorded, &json) }
        if let hypothetical = deviation.hypothetical { write("hypothetical", hypothetical, &json) }
        if let check = deviation.check {
            json.key("check")
            json.beginObject()
            json.field("name", check.name.rawValue)
            json.field("fact", check.fact.text)
            json.field("basis", check.fact.basis)
            json.field("failed", deviation.failed.hypothetical == nil ? "recorded" : "hypothetical")
            json.endObject()
        }
        json.endObject()
        return json.bytes
    }

    private func write(_ name: StaticString, _ result: StepResult, _ json: inout JSONWriter) {
        json.key(name)
        json.beginObject()
        json.field("outcome", result.outcome)
        json.field("code", result.code)
        json.field("message", result.message)
        json.endObject()
    }
}
