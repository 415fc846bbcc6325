import ArgumentParser
import Foundation
import Log
import Nostr
import Reducers

/// `ringdown-relay export`.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write events, or the whole log, as JSON lines.",
        discussion: """
            Without --entries: the events that queries find, oldest first, one a line, as any relay takes them. With --entries: the
            whole log, entry by entry, from which `ringdown-relay import --entries` makes the same log again, to the byte; keys
            are not part of it. Works beside a running relay.

              ringdown-relay export --data /var/lib/ringdown --filter '{"kinds":[1]}' > notes.jsonl
              ringdown-relay export --data /var/lib/ringdown --entries --output log.jsonl

            With --tiles DIR: the latest published checkpoint and the tiles of its tree as files (C2SP tlog-tiles), for any web
            server. They hold commitments, no payloads.
            """)

    /// Entries read in one read transaction, which must be short beside a relay that writes.
    private static let entriesPerRead: UInt64 = 10_000

    @OptionGroup var directory: DirectoryOption
    @Option(help: "A filter (NIP-01) that the events have to match, as JSON.") var filter = "{}"
    @Flag(help: "The whole log, entry by entry.") var entries = false
    @Option(help: "A directory for the checkpoint and its tiles.") var tiles: String?
    @Option(name: .shortAndLong, help: "A file to make; standard output otherwise.") var output: String?

    func run() async throws {
        do {
            let log = try EventLog.open(directory: directory.data, mode: .readOnly)
            if let tiles { return try exportTiles(of: log, to: tiles) }
            let writer = try LineWriter(output)
            if entries { try exportEntries(of: log, to: writer) } else { try exportEvents(of: log, to: writer) }
            try writer.flush()
        } catch {
            throw Failure.report(error)
        }
    }

    private func exportTiles(of log: EventLog, to directory: String) throws {
        let state = try log.read { try Replayer.state(of: $0) }
        guard let note = try state.latestNote(in: log) else {
            throw SettingsError(
                description: "no checkpoint was published yet; `ringdown-relay checkpoint` makes one")
        }
        let progress = CommandProgress("tiles", total: 0)
        let count = try TileFiles(log: log, note: note, directory: directory).write { done, _ in progress.report(done) }
        print("\(directory): \(count) tiles and a checkpoint")
    }

    private func exportEntries(of log: EventLog, to writer: LineWriter) throws {
        let size = try log.read { $0.size }
        let progress = CommandProgress("entries", total: Int(size))
        var start: UInt64 = 0
        while start < size {
            let end = min(size, start + ExportCommand.entriesPerRead)
            try ExportCommand.write(log, start..<end, writer)
            progress.report(Int(end))
            start = end
        }
    }

    private static func write(_ log: EventLog, _ positions: Range<UInt64>, _ writer: LineWriter) throws {
        try log.read { reader in
            try reader.forEachEntry(from: positions.lowerBound, to: positions.upperBound, checkingCommitments: true) {
                try writer.write(ExportedEntry($0).json)
                return true
            }
        }
    }

    private func exportEvents(of log: EventLog, to writer: LineWriter) throws {
        let filters: [Filter]
        do {
            filters = try Array("[\(filter)]".utf8).withUnsafeBytes { try Filter.parseList($0) }
        } catch {
            let reason = (error as? FilterError)?.message ?? "\(error)"
            throw SettingsError(description: "--filter: \(reason)")
        }
        let size = try log.read { $0.size }
        // The index is walked newest first; the ids of all that match are small enough to turn around.
        var scan = IdentityScan(filters: filters, upTo: size, maximum: Int.max)
        let now = Clock.seconds()
        while try ExportCommand.resume(&scan, log, now) == .more {}
        let progress = CommandProgress("events", total: scan.identities.count)
        for (number, identity) in scan.identities.sorted().enumerated() {
            if let event = try ExportCommand.event(identity.id, log, now) { try writer.write(event.raw) }
            progress.report(number)
        }
    }

    private static func resume(_ scan: inout IdentityScan, _ log: EventLog, _ now: Int64) throws -> ScanProgress {
        try log.read { try scan.resume($0, now: now, maximumKeys: 100_000) }
    }

    private static func event(_ id: EventID, _ log: EventLog, _ now: Int64) throws -> Event? {
        try log.read { try $0.servedEvent(id, now: now) }
    }
}
