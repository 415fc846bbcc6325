import Nostr
import Reducers

/// A trace as two lanes that fit on a hundred columns, or one object for programs.
struct TraceText: Answer {
    let trace: Trace
    let names: KeyNames

    private static let laneWidth = 38

    /// Positions, offsets in milliseconds from the first request, the requester's lane and the target's.
    var lines: [String] {
        let target = trace.target.map(names.callAsFunction) ?? "nobody"
        var lines = [
            "attempt \(Printable.text(trace.id)), offsets from \(Timestamp.text(trace.origin.time)) in ms",
            "",
            head("entry", "ms") + lanes("requester \(names(trace.requester))", "│", "target \(target)"),
        ]
        lines += trace.rows.map(line)
        if trace.omitted > 0 { lines.append("… and \(trace.omitted) more: ask for a shorter --before or --after") }
        return lines
    }

    private func head(_ position: String, _ offset: String) -> String {
        Column.padded(position, to: 8, alignRight: true) + " " + Column.padded(offset, to: 11, alignRight: true) + "  "
    }

    private func lanes(_ left: String, _ middle: String, _ right: String) -> String {
        TraceText.cut(left) + middle + " " + TraceText.cut(right).trimmingEnd()
    }

    private func line(_ row: Trace.Row) -> String {
        let offset = row.position.time &- trace.origin.time
        let start = head(String(row.position.seq), (offset > 0 ? "+" : "") + Milliseconds.number(offset))
        let text = "\(TraceText.mark(row.what)) \(row.text)"
        switch row.lane {
        case .requester: return (start + lanes(text, "│", "")).trimmingEnd()
        case .target: return start + lanes("", "│", text)
        case .both:
            let width = 2 * TraceText.laneWidth
            let words = row.text.isEmpty ? row.what : "\(row.what): \(row.text)"
            let shown = " \(TraceText.mark(row.what)) \(words) ".prefix(width)
            let left = max(0, width - shown.count) / 2
            return start + String(repeating: "─", count: left) + shown
                + String(repeating: "─", count: max(0, width - shown.count - left))
        }
    }

    /// What a row is about, in one character.
    private static func mark(_ what: String) -> String {
        switch what {
        case "opened": "┬"
        case "closed", "silent", "restart": "┴"
        case "listens": "◉"
        case "request": "●"
        case "granted", "written": "✓"
        case "refused", "dropped": "✗"
        case "signed": "☎"
        case "report", "note": "·"
        default: "◆"
        }
    }

    private static func cut(_ text: String) -> String {
        guard text.count > laneWidth - 1 else { return Column.padded(text, to: laneWidth) }
        return text.prefix(laneWidth - 2) + "… "
    }

    /// One object on one line; docs/replay.md names its fields.
    var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("attempt_id", trace.id)
        json.field("requester", trace.requester)
        json.field("target", trace.target)
        json.field("origin", trace.origin.seq)
        json.field("origin_time", Timestamp.text(trace.origin.time, .microseconds))
        json.list("rows", trace.rows) { row, json in
            json.field("position", row.position.seq)
            json.field("offset_us", row.position.time &- trace.origin.time)
            json.field("lane", row.lane.rawValue)
            json.field("what", row.what)
            json.field("text", row.text)
        }
        json.field("omitted", trace.omitted)
        json.endObject()
        return json.bytes
    }
}

extension String {
    /// Without spaces at the end.
    fileprivate func trimmingEnd() -> String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
