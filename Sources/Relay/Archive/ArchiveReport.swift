import Foundation
import Log

/// What `archive` did, or would do.
struct ArchiveReport {
    let ranges: [ArchivedRange]
    let isDryRun: Bool
    let isLive: Bool
    var result = ArchiveRun.Result()
    /// Entries in the log, archived ones included.
    var entries: UInt64 = 0
    /// Bytes of tables `entry` and `content`.
    var entryBytesBefore: UInt64 = 0
    var entryBytesAfter: UInt64 = 0
    var isCompacted = false

    init(ranges: [ArchivedRange], isDryRun: Bool, isLive: Bool) {
        self.ranges = ranges
        self.isDryRun = isDryRun
        self.isLive = isLive
    }

    /// What the entries take in the log.
    static func entryBytes(_ log: EventLog) throws -> UInt64 {
        try log.storage().tables.filter { $0.name == "entry" || $0.name == "content" }.reduce(0) { $0 + $1.bytes }
    }

    private var moved: UInt64 { ranges.reduce(0) { $0 + $1.end - $1.first } }
    private var fileBytes: Int { result.files.reduce(0) { $0 + $1.bytes } }
    private var freed: UInt64 { entryBytesBefore - min(entryBytesBefore, entryBytesAfter) }
    /// What a dry run expects: as much of the room as of the entries.
    private var expected: UInt64 {
        let there = entries - (ranges.first?.first ?? 0)
        return there == 0 ? 0 : UInt64(Double(entryBytesBefore) * Double(moved) / Double(there))
    }

    var lines: [String] {
        var lines: [String] = []
        if let first = ranges.first, let last = ranges.last {
            let verb = isDryRun ? "would move" : "moved"
            lines.append(
                "\(verb) the entries \(first.first)–\(last.end - 1), until \(ArchiveTime.text(last.lastTime)), "
                    + "into \(ranges.count) file\(ranges.count == 1 ? "" : "s")")
        } else {
            lines.append("nothing to move: no more entries before that time end at a state that the log commits to")
        }
        if isDryRun {
            if moved > 0 { lines.append("that would free about \(expected) bytes of the log") }
            return lines
        }
        if !result.files.isEmpty { lines.append("the files have \(fileBytes) bytes") }
        if result.removed > 0 {
            lines.append(
                "\(result.removed) entries left the log, which freed \(freed) bytes; \(result.kept) stay in it, too")
            lines.append(
                isCompacted
                    ? "the log was rewritten to its new size"
                    : "the log uses the freed pages again; its file keeps its size\(isLive ? " while the relay runs" : "")"
            )
        }
        return lines
    }

    var json: String {
        let files = ranges.map { #""\#($0.name)""# }.joined(separator: ",")
        return #"{"dry_run":\#(isDryRun),"files":[\#(files)],"entries":\#(moved),"file_bytes":\#(fileBytes),"#
            + #""removed":\#(result.removed),"kept":\#(result.kept),"#
            + #""freed_bytes":\#(isDryRun ? expected : freed),"compacted":\#(isCompacted)}"#
    }
}

/// Says on standard error how far an archive is, on a terminal and when it takes longer than two seconds.
final class ArchiveProgress {
    private static let interval: Int64 = 2_000_000
    private var last = Clock.microseconds()
    private var hasReported = false

    func report(_ what: String, _ done: UInt64, _ total: UInt64) {
        let now = Clock.microseconds()
        guard now - last >= ArchiveProgress.interval, isatty(FileHandle.standardError.fileDescriptor) == 1 else {
            return
        }
        last = now
        hasReported = true
        FileHandle.standardError.write(Data("\r\(what): \(total == 0 ? 100 : done * 100 / total) %   ".utf8))
    }

    deinit { if hasReported { FileHandle.standardError.write(Data("\n".utf8)) } }
}
