import Nostr
import Reducers

/// Groups of attempts as a table for people, or objects for programs.
struct AttemptGroupsText {
    let groups: AttemptGroups
    let names: KeyNames

    /// A heading, then a line a group.
    var lines: [String] {
        let rows = groups.sorted.map { (name($0.name), $0.group) }
        let width = max(5, rows.map(\.0.count).max() ?? 0)
        let head = """
            \(Column.padded("group", to: width))  attempts  granted     rung   p50 ms   p99 ms   max ms
            """
        return [head]
            + rows.map { name, group in
                let cells = [
                    (String(group.attempts), 8), (AttemptGroupsText.share(group.granted, of: group.attempts), 7),
                    (AttemptGroupsText.share(group.rung, of: group.granted), 7),
                    (AttemptGroupsText.milliseconds(group.latencies.percentile(50)), 7),
                    (AttemptGroupsText.milliseconds(group.latencies.percentile(99)), 7),
                    (group.latencies.total == 0 ? "–" : Milliseconds.number(group.latencies.longest), 7),
                ]
                return Column.padded(name, to: width)
                    + cells.map { "  " + Column.padded($0.0, to: $0.1, alignRight: true) }.joined()
            }
    }

    private func name(_ name: AttemptGroups.Name) -> String {
        switch name {
        case .pair(let one, let other): "\(names(one)) → \(other.map(names.callAsFunction) ?? "nobody")"
        case .key(let key): names(key)
        case .text(let text): text
        case .others: "all others"
        }
    }

    /// A share in per cent with one digit behind the point.
    private static func share(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "–" }
        let tenths = (part * 1_000 + whole / 2) / whole
        return "\(tenths / 10).\(tenths % 10) %"
    }

    private static func milliseconds(_ latency: Int64?) -> String { latency.map(Milliseconds.number) ?? "–" }

    /// One object a group; docs/replay.md names its fields.
    var json: [[UInt8]] {
        groups.sorted.map { name, group in
            var json = JSONWriter()
            json.beginObject()
            switch name {
            case .pair(let one, let other):
                json.field("requester", one)
                json.field("target", other)
            case .key(let key): json.field("key", key)
            case .text(let text): json.field("group", text)
            case .others: json.field("group", "others" as Text)
            }
            json.field("attempts", group.attempts)
            json.field("granted", group.granted)
            json.field("refused", group.attempts - group.granted)
            json.field("rung", group.rung)
            json.field("latency_p50_us", group.latencies.percentile(50))
            json.field("latency_p99_us", group.latencies.percentile(99))
            json.field("latency_max_us", group.latencies.total == 0 ? nil : group.latencies.longest)
            json.field("last", group.last.seq)
            json.endObject()
            return json.bytes
        }
    }
}
