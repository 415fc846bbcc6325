import ArgumentParser
import Log

/// The options of a subcommand that looks at a part of a log.
struct RangeOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Begin at this position, time or event.", valueName: "POS|TIME|EVENT"),
        transform: Parse.point)
    var from: LogPoint?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "End with this position, time or event, and with what follows from the event.", valueName: "POS|TIME|EVENT"),
        transform: Parse.point)
    var to: LogPoint?

    /// The positions that are meant.
    ///
    /// - Throws: `ReplayFailure` when there are none.
    func positions(in log: EventLog, _ console: Console) throws -> Range<UInt64> {
        try log.read { reader in
            console.progress.begin("looking for the range")
            return try LogRange.positions(
                from: from, to: to, now: console.now, in: reader, progress: console.progress.update)
        }
    }
}

/// A part of a log.
enum LogRange {
    /// Entries read in one read transaction, which must be short beside a relay that writes.
    private static let entriesPerRead: UInt64 = 10_000

    /// The positions from one point to another, both included.
    ///
    /// - Throws: `ReplayFailure` when there are none.
    static func positions(
        from: LogPoint?, to: LogPoint?, now: Int64, in reader: borrowing LogReader, progress: (UInt64, UInt64) -> Void
    ) throws -> Range<UInt64> {
        guard reader.size > 0 else { throw Lookup.beyond(0, 0) }
        // Of a copy that was cut, what is there.
        let all = try reader.cut()?.range ?? 0..<reader.size
        var lower = all.lowerBound
        if let from { lower = try Lookup.start(of: from, now: now, in: reader, progress: progress) }
        let upper = try to.map { try end(of: $0, now: now, in: reader, progress: progress) } ?? all.upperBound
        guard lower < upper else { throw try nothing(lower, upper, in: reader) }
        return lower..<upper
    }

    private static func end(
        of point: LogPoint, now: Int64, in reader: borrowing LogReader, progress: (UInt64, UInt64) -> Void
    ) throws -> UInt64 {
        if case .time(let text) = point {
            return try reader.firstPosition(atOrAfter: text.resolved(now: now) + 1)
        }
        var end = try Lookup.end(of: point, now: now, in: reader, progress: progress)
        // Whoever names an event means what came of it, too.
        guard case .event = point else { return end }
        while let leaf = try reader.leaf(at: end), leaf.type.isOutput { end += 1 }
        return end
    }

    private static func nothing(
        _ lower: UInt64, _ upper: UInt64, in reader: borrowing LogReader
    ) throws -> ReplayFailure {
        let begin = try reader.leaf(at: 0).map { Timestamp.text($0.time) } ?? ""
        let place =
            lower >= reader.size
            ? "it would begin after the last entry" : "it would begin with entry \(lower) and end before entry \(upper)"
        return ReplayFailure(
            .negative,
            """
            no entries in that range: \(place); the log has entries 0 to \(reader.size - 1), from \(begin) to \
            \(Timestamp.text(reader.lastTime))
            """)
    }

    /// Looks at entries one after the other, a few at a time, so that a relay beside us can use old pages again.
    static func forEachEntry(
        of log: EventLog, _ positions: Range<UInt64>, progress: (UInt64, UInt64) -> Void,
        _ body: (borrowing EntryView, borrowing LogReader) throws -> Void
    ) throws {
        var start = positions.lowerBound
        while start < positions.upperBound {
            let end = min(positions.upperBound, start + entriesPerRead)
            try log.read { reader in
                try reader.forEachEntry(from: start, to: end, checkingCommitments: true) { entry in
                    try body(entry, reader)
                    return true
                }
            }
            progress(end - positions.lowerBound, UInt64(positions.count))
            start = end
        }
    }
}
