import Nostr
import Reducers

/// An attempt as a line for people, or an object for programs.
struct AttemptText {
    let names: KeyNames

    /// Position, time, who asked for whom, how it ended, and what became of both ends.
    func line(_ attempt: Attempt) -> String {
        let head = head(attempt)
        guard attempt.isGranted else { return "\(head)  \(Printable.text(Text(attempt.decision.message)))" }
        return "\(head)  requester \(AttemptText.end(attempt.requester)); target \(AttemptText.end(attempt.target))"
    }

    /// Position, time, how it ended, and who asked for whom.
    func head(_ attempt: Attempt) -> String {
        let decision = attempt.decision
        let author = decision.author.map(names.callAsFunction) ?? "unknown"
        let target = decision.target.map(names.callAsFunction) ?? "nobody"
        return """
            \(Column.position(attempt.request.seq))  \(Timestamp.text(attempt.request.time))  \
            \(decision.outcome.rawValue)  \(author) → \(target)
            """
    }

    /// Whether an end listened, and whether it was rung.
    static func end(_ end: Attempt.End) -> String {
        "\(end.listeningSince == nil ? "not listening" : "listening"), \(ring(end.ring))"
    }

    /// What became of a call-me-now.
    static func ring(_ ring: Ring) -> String {
        func sessions(_ count: Int) -> String { "\(count) session\(count == 1 ? "" : "s")" }
        switch (ring.written.count, ring.dropped.count) {
        case (0, 0): return "not rung"
        case (let written, 0): return "rung (\(sessions(written)))"
        case (0, let dropped): return "dropped for \(sessions(dropped))"
        case (let written, let dropped): return "rung (\(sessions(written)), dropped for \(dropped))"
        }
    }

    /// One object on one line; docs/replay.md names its fields.
    static func json(_ attempt: Attempt) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        write(attempt, to: &json)
        json.endObject()
        return json.bytes
    }

    /// The fields of an attempt.
    static func write(_ attempt: Attempt, to json: inout JSONWriter) {
        let decision = attempt.decision
        json.field("position", attempt.request.seq)
        json.field("decision", attempt.decisionSeq)
        json.field("time", Timestamp.text(attempt.request.time, .microseconds))
        json.field("event", attempt.event)
        json.field("attempt_id", attempt.attemptID)
        json.field("outcome", decision.outcome.rawValue)
        json.field("code", decision.code)
        json.field("message", decision.message)
        json.key("requester")
        write(attempt.requester, key: decision.author, attempt, to: &json)
        json.key("target")
        write(attempt.target, key: decision.target, attempt, to: &json)
        json.field("expires_at", decision.expiresAt)
    }

    private static func write(
        _ end: Attempt.End, key: PublicKey?, _ attempt: Attempt, to json: inout JSONWriter
    ) {
        json.beginObject()
        json.field("key", key)
        // A refusal does not record who was listening: it did not look.
        if attempt.isGranted {
            json.field("listening", end.listeningSince != nil)
            json.field("listening_since", end.listeningSince)
            json.field("call", end.call)
            json.field("rung", end.ring.isRung)
            json.field("written", end.ring.written)
            json.field("dropped", end.ring.dropped)
        }
        json.endObject()
    }
}

/// Columns of the lines for people.
enum Column {
    /// A position, right-aligned so that a screenful lines up.
    static func position(_ seq: UInt64) -> String { padded(String(seq), to: 7, alignRight: true) }

    static func padded(_ text: String, to width: Int, alignRight: Bool = false) -> String {
        let padding = String(repeating: " ", count: max(0, width - text.count))
        return alignRight ? padding + text : text + padding
    }
}

extension JSONWriter {
    /// Writes a list of positions.
    mutating func field(_ name: StaticString, _ numbers: [UInt64]) {
        key(name)
        beginArray()
        for value in numbers { number(value) }
        endArray()
    }
}
