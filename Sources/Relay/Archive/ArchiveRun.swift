import Foundation
import Log
import Reducers

/// Moves entries into archive files: first the files, each compared with the log, then the log's books, then the entries
/// out of the log a few at a time. Whatever ends it in between, running it again goes on where it was.
struct ArchiveRun {
    /// Entries that one transaction removes: some milliseconds, which is what a call waits at most.
    private static let entriesPerStep: UInt64 = 512

    let log: EventLog
    let operation: Operation
    /// Called with what is being done, and how far it is.
    let progress: (String, UInt64, UInt64) -> Void

    /// What it came to.
    struct Result {
        var files: [ArchiveWriter.Written] = []
        var removed: UInt64 = 0
        var kept: UInt64 = 0
    }

    /// - Parameter boundary: `nil` to only go on with what was begun.
    func run(_ boundary: ArchiveBoundary?, _ ranges: [ArchivedRange], origin: String) throws -> Result {
        var result = Result()
        removeLeftovers()
        if let boundary, !ranges.isEmpty {
            let writer = ArchiveWriter(log, origin: origin)
            for range in ranges {
                result.files.append(
                    try writer.write(range) { done, total in progress("writing \(range.name)", done, total) })
            }
            let path = ArchiveStep.statePath(log.archiveDirectory, boundary.snapshot)
            // Whoever reads it compares it with the log, so that a torn one is no danger.
            try Data(boundary.state.snapshot).write(to: URL(fileURLWithPath: path))
            defer { try? FileManager.default.removeItem(atPath: path) }
            _ = try operation.insist(.archive(.begin(ranges, snapshot: boundary.snapshot)))
        }
        try remove(&result)
        return result
    }

    /// Takes away what a run left behind that was killed.
    private func removeLeftovers() {
        let directory = URL(fileURLWithPath: log.archiveDirectory)
        let files = try? FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
        for file in files ?? []
        where [ArchiveStep.stateExtension, ArchiveWriter.unfinishedExtension].contains(file.pathExtension) {
            try? FileManager.default.removeItem(at: file)
        }
    }

    private func remove(_ result: inout Result) throws {
        let (start, end) = try log.read { ($0.removedEnd, $0.archivedEnd) }
        var first = start
        while first < end {
            let next = min(first + ArchiveRun.entriesPerStep, end)
            let kept = try KeptEntries.positions(in: first..<next, of: log)
            let answer = try operation.insist(.archive(.remove(upTo: next, keeping: kept)))
            let removed = answer.message.split(separator: " ").compactMap { UInt64($0) }.first ?? 0
            result.removed += removed
            result.kept += next - first - removed
            first = next
            progress("removing entries", first - start, end - start)
        }
    }
}
