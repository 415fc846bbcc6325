import ArgumentParser
import Log
import Nostr

/// `export`: the log, or a part of it, in forms that other programs read.
struct ExportCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "How do I look at this with my own tools? The log as JSON lines.",
        discussion: """
            jsonl has everything: whoever recomputes the log with other software needs nothing else, and `ringdown-relay \
            import --entries` makes the same log from it again.

              ringdown-replay export --data DIR --format jsonl --from -1h | jq 'select(.outcome == "refused")'
              ringdown-replay export --data DIR --format jsonl --out log.jsonl

            A result has its name only when it is complete. With --json a line on standard output says what was written.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var range: RangeOptions

    @Option(help: "What to make.")
    var format: ExportFormat

    @Option(help: ArgumentHelp("Where to write; standard output otherwise.", valueName: "FILE"))
    var out: String?

    @Flag(help: "Replace a file that is there already.")
    var force = false

    func execute(_ console: Console) throws -> Int32 {
        let log = try common.open()
        let positions = try range.positions(in: log, console)
        console.progress.begin("exporting")
        switch format {
        case .jsonl: try writeLines(of: log, positions, console)
        }
        return 0
    }

    private func writeLines(of log: EventLog, _ positions: Range<UInt64>, _ console: Console) throws {
        guard let out else {
            return try LogRange.forEachEntry(of: log, positions, progress: console.progress.update) { entry, _ in
                try console.output.line(utf8: try EntryLine.json(entry))
            }
        }
        let result = try UnfinishedFile(out, replaces: force)
        do {
            let file = try result.open()
            try LogRange.forEachEntry(of: log, positions, progress: console.progress.update) { entry, _ in
                try file.output.line(utf8: try EntryLine.json(entry))
            }
            try file.close()
            try result.finish()
        } catch {
            result.discard()
            throw error
        }
        try say(positions, out, console)
    }

    /// What was written, in a line.
    private func say(_ positions: Range<UInt64>, _ out: String, _ console: Console) throws {
        guard common.printsJSON else {
            return try console.output.line(
                """
                \(out): entries \(positions.lowerBound) to \(positions.upperBound - 1) as \(format.rawValue)
                """)
        }
        var json = JSONWriter()
        json.beginObject()
        json.field("format", format.rawValue)
        json.field("out", out)
        json.field("first", positions.lowerBound)
        json.field("last", positions.upperBound - 1)
        json.field("entries", positions.count)
        json.endObject()
        try console.output.line(utf8: json.bytes)
    }
}

/// What `export` can make.
enum ExportFormat: String, ExpressibleByArgument, CaseIterable {
    /// One JSON object an entry.
    case jsonl
}
