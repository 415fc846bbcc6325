import Log
import Nostr

/// `GET /log/entries?from=POSITION&limit=COUNT`: entries with their payloads, for the owner, admins and auditors.
struct DisclosedEntries {
    static let path = "/log/entries"
    /// The content type of JSON lines.
    static let type = "application/jsonl"
    /// Entries of one answer.
    static let maximumEntries: UInt64 = 4_096
    private static let defaultEntries: UInt64 = 1_000
    /// Bytes after which an answer ends; the next one goes on from there.
    private static let maximumBytes = 8 << 20

    var from: UInt64
    var count: UInt64

    /// Reads the query of a request's target.
    ///
    /// - Returns: `nil` for a query that is not understood.
    init?(target: String) {
        var values: [Substring: UInt64] = [:]
        let query = target.drop { $0 != "?" }.dropFirst()
        for part in query.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, ["from", "limit"].contains(pair[0]), values[pair[0]] == nil,
                let number = UInt64(pair[1])
            else { return nil }
            values[pair[0]] = number
        }
        from = values["from"] ?? 0
        count = min(values["limit"] ?? DisclosedEntries.defaultEntries, DisclosedEntries.maximumEntries)
        guard count > 0 else { return nil }
    }

    /// The positions that are there; `nil` for none.
    func positions(in log: EventLog) throws -> ClosedRange<UInt64>? {
        let size = try log.read { $0.size }
        guard from < size else { return nil }
        return from...from + min(count, size - from) - 1
    }

    /// The entries, one a line, as `ringdown-relay export --entries` writes them.
    static func lines(_ positions: ClosedRange<UInt64>, of log: EventLog) throws -> [UInt8] {
        var output: [UInt8] = []
        try log.read { reader in
            try reader.forEachEntry(from: positions.lowerBound, to: positions.upperBound + 1) { entry in
                output += ExportedEntry(entry).json
                output.append(UInt8(ascii: "\n"))
                return output.count < maximumBytes
            }
        }
        return output
    }
}
