import Nostr
import Reducers

/// An attempt with both its halves, for people or programs.
struct AttemptStoryText: Answer {
    let story: AttemptStory
    let names: KeyNames

    /// Each request with both ends; then the next attempt.
    var lines: [String] {
        let count = story.parts.count
        var lines = ["attempt \(Printable.text(story.id)): \(count) request\(count == 1 ? "" : "s")"]
        for part in story.parts {
            lines += ["", AttemptText(names: names).head(part.attempt)]
            if !part.attempt.isGranted { lines.append("  \(Printable.text(Text(part.attempt.decision.message)))") }
            lines += self.lines("requester", part.requester, part.attempt.requester, part.attempt)
            if let target = part.target { lines += self.lines("target", target, part.attempt.target, part.attempt) }
        }
        lines.append("")
        guard let next = story.next else { return lines + ["no other attempt between the two within ten minutes"] }
        let after = (story.parts.last?.attempt.request.time).map { Span.text(next.at.time &- $0) } ?? "later"
        return lines + [
            """
            the next attempt between the two: entry \(next.at.seq), \(after) later, \
            \(next.decision.outcome.rawValue) (\(next.decision.code))
            """
        ]
    }

    private func lines(
        _ who: String, _ end: Situation.End, _ half: Attempt.End, _ attempt: Attempt
    ) -> [String] {
        let presence = PresenceText(names: names)
        var lines = ["  \(Column.padded(who, to: 9)) \(presence.line(end, at: attempt.request))"]
        guard attempt.isGranted else { return lines }
        if let call = half.call { lines.append("            call-me-now in entry \(call)") }
        for record in half.ring.records {
            let what = [
                record.written.isEmpty ? nil : "written to session \(Self.list(record.written))",
                record.dropped.isEmpty ? nil : "dropped for session \(Self.list(record.dropped))",
            ].compactMap { $0 }.joined(separator: ", ")
            lines.append(
                """
                            \(what), \(Milliseconds.text(record.position.time &- attempt.request.time)) after the decision \
                (entry \(record.position.seq))
                """)
        }
        if half.ring.records.isEmpty { lines.append("            no record that any session got it") }
        return lines
    }

    private static func list(_ sessions: [UInt64]) -> String { sessions.map(String.init).joined(separator: ", ") }

    /// One object on one line; docs/replay.md names its fields.
    var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("attempt_id", story.id)
        json.list("requests", story.parts) { part, json in
            AttemptText.write(part.attempt, to: &json)
            json.field("requester_end", part.requester)
            if let target = part.target { json.field("target_end", target) }
            write("requester_deliveries", part.attempt.requester, part.attempt, to: &json)
            write("target_deliveries", part.attempt.target, part.attempt, to: &json)
        }
        json.field("next_attempt", story.next?.at.seq)
        json.endObject()
        return json.bytes
    }

    private func write(
        _ name: StaticString, _ end: Attempt.End, _ attempt: Attempt, to json: inout JSONWriter
    ) {
        json.list(name, end.ring.records) { record, json in
            json.field("position", record.position.seq)
            json.field("time", Timestamp.text(record.position.time, .microseconds))
            json.field("after_us", record.position.time &- attempt.request.time)
            json.field("written", record.written)
            json.field("dropped", record.dropped)
        }
    }
}

/// Milliseconds with three digits behind the point, signed where an offset is meant.
enum Milliseconds {
    /// `1.250 ms` for microseconds.
    static func text(_ microseconds: Int64) -> String { "\(number(microseconds)) ms" }

    /// `1.250` for microseconds.
    static func number(_ microseconds: Int64) -> String {
        let rest = String(microseconds.magnitude % 1_000)
        let sign = microseconds < 0 ? "-" : ""
        return "\(sign)\(microseconds.magnitude / 1_000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
    }
}
