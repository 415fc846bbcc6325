import ArgumentParser
import Foundation
import Log
import Nostr
import Reducers

/// `ringdown-relay archive`.
struct ArchiveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive",
        abstract: "Move old entries out of the log into compressed files that still verify.",
        discussion: """
            The files go into DIR/archive. While they are there, the relay and `ringdown-replay` read them as part of the log;
            when they are taken away, both say which entries are not here. Works beside a running relay and without one.

              ringdown-relay archive --data /var/lib/ringdown --before -30d --dry-run
              ringdown-relay archive --data /var/lib/ringdown --before 2026-01-01
              ringdown-relay archive list --data /var/lib/ringdown
              ringdown-relay archive check --data /var/lib/ringdown
            """,
        subcommands: [ArchiveEntriesCommand.self, ArchiveListCommand.self, ArchiveCheckCommand.self],
        defaultSubcommand: ArchiveEntriesCommand.self)
}

/// `ringdown-relay archive --before T`.
struct ArchiveEntriesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entries",
        abstract: "Move entries before a time into files (what `archive` does when nothing else is said).",
        discussion: """
            What stays in the log: the hashes of all leaves, what queries find, the ids of events, the operator's and the
            membership's entries, checkpoints, and one state from which a replay can begin without the files. The last minutes are
            never archived. If it is interrupted, run it again.

            Freed pages are used again by the log, which stops growing. Without a relay the file is also rewritten to its new size;
            beside a running one, stop it some day and run the command again.

              ringdown-relay archive --data /var/lib/ringdown --before -30d
            """)

    @OptionGroup var directory: DirectoryOption
    @Option(
        parsing: .unconditional,
        help: "Entries before this time: 2026-01-01, 2026-01-01T12:00:00Z, seconds since 1970, -30d.")
    var before: ArchiveTime
    @Flag(help: "Say what would move and what that frees, and change nothing.") var dryRun = false
    @Flag(help: "Do not rewrite the file, even when no relay runs.") var noCompact = false
    @Flag(help: "One JSON object; docs/operating.md names its fields.") var json = false

    func run() async throws {
        do {
            let operation = try Operation(directory.data, creates: false)
            let log = try EventLog.open(directory: directory.data, mode: .readOnly)
            let state = try log.read { try Replayer.state(of: $0) }
            // What may still be erased by position, or matter to a decision, stays.
            let latest = Clock.microseconds() - state.memoryMicroseconds
            let boundary = try ArchiveBoundary.latest(in: log, before: min(before.microseconds, latest))
            let origin = state.origin ?? ""
            let ranges = try boundary.map { try ArchiveWriter(log, origin: origin).plan(upTo: $0.end) } ?? []
            var report = ArchiveReport(ranges: ranges, isDryRun: dryRun, isLive: operation.isLive)
            report.entryBytesBefore = try ArchiveReport.entryBytes(log)
            report.entries = try log.read { $0.size }
            if !dryRun {
                let printer = ArchiveProgress()
                let run = ArchiveRun(log: log, operation: operation, progress: printer.report)
                report.result = try run.run(boundary, ranges, origin: origin)
                report.entryBytesAfter = try ArchiveReport.entryBytes(log)
                if !operation.isLive, !noCompact, report.result.removed > 0 {
                    try Compaction.rewrite(directory.data)
                    report.isCompacted = true
                }
            }
            if json { print(report.json) } else { for line in report.lines { print(line) } }
        } catch {
            throw Failure.report(error)
        }
    }
}

/// `ringdown-relay archive list`.
struct ArchiveListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the archive files that the log knows, and whether they are there.")

    @OptionGroup var directory: DirectoryOption
    @Flag(help: "One JSON object a file: name, first, last, last_time, present, bytes.") var json = false

    func run() async throws {
        do {
            let log = try EventLog.open(directory: directory.data, mode: .readOnly)
            for range in try log.read({ try $0.archivedRanges() }) {
                let path = log.archiveDirectory + "/" + range.name
                let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? nil
                let time = ArchiveTime.text(range.lastTime)
                if json {
                    print(
                        #"{"name":"\#(range.name)","first":\#(range.first),"last":\#(range.end - 1),"#
                            + #""last_time":"\#(time)","present":\#(size != nil),"bytes":\#(size ?? 0)}"#)
                } else {
                    let there = size.map { "\($0) bytes" } ?? "not here"
                    print("\(range.name)  entries \(range.first)–\(range.end - 1), until \(time), \(there)")
                }
            }
        } catch {
            throw Failure.report(error)
        }
    }
}

/// `ringdown-relay archive check`.
struct ArchiveCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Compare every archive file with the log's tree.",
        discussion: """
            Each file's hash, each payload against its commitment, each leaf against the hashes that the log keeps. Exit status 1 if
            a file is damaged, altered or another log's; files that are not there are named, and count only with --require-all.

              ringdown-relay archive check --data /var/lib/ringdown
            """)

    @OptionGroup var directory: DirectoryOption
    @Flag(help: "Absent files count as failures, too.") var requireAll = false
    @Flag(help: "One JSON object a file: name, status (good, absent, damaged, foreign, altered), reason.") var json =
        false

    func run() async throws {
        do {
            let log = try EventLog.open(directory: directory.data, mode: .readOnly)
            var hasFailed = false
            for range in try log.read({ try $0.archivedRanges() }) {
                let (status, reason) = try ArchiveCheckCommand.check(range, log)
                hasFailed = hasFailed || (status == "absent" ? requireAll : status != "good")
                if json {
                    var object = JSONWriter()
                    object.beginObject()
                    object.field("name", range.name)
                    object.field("status", status)
                    object.field("reason", reason)
                    object.endObject()
                    print(String(decoding: object.bytes, as: UTF8.self))
                } else {
                    print("\(range.name)  \(status)\(reason.isEmpty ? "" : ": " + reason)")
                }
            }
            if hasFailed { throw ExitCode.failure }
        } catch {
            throw Failure.report(error)
        }
    }

    private static func check(_ range: ArchivedRange, _ log: EventLog) throws -> (status: String, reason: String) {
        do {
            return (try log.read { try $0.checkArchive(range) } ? "good" : "absent", "")
        } catch LogError.archive(_, let problem, let reason) {
            return (problem.rawValue, reason)
        }
    }
}
