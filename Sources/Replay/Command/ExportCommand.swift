import ArgumentParser
import Log
import Nostr

/// `export`: the log, or a part of it, in forms that other programs read.
struct ExportCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "How do I look at this with my own tools? JSON lines, CSV, SQLite, a cut copy.",
        discussion: """
            jsonl has everything, an object an entry: whoever recomputes the log with other software needs nothing else, \
            and `ringdown-relay import --entries` makes the same log from it again. csv is a directory with a file a \
            table, or one table. sqlite is a database one query away from any question; its table README has examples. log \
            is a copy of the log cut to the range, which still verifies.

              ringdown-replay export --data DIR --format jsonl --from -1h | jq 'select(.outcome == "refused")'
              ringdown-replay export --data DIR --format csv --table attempts --from -1d > attempts.csv
              ringdown-replay export --data DIR --format sqlite --out log.sqlite && sqlite3 log.sqlite 'SELECT * FROM README'

              ringdown-replay export --data DIR --format log --from -1d --out yesterday && ringdown-replay verify --data yesterday

            A result has its name only when it is complete. With --json a line on standard output says what was written.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var range: RangeOptions

    @Option(help: "What to make.")
    var format: ExportFormat

    @Option(help: ArgumentHelp("Where to write; lines go to standard output without it.", valueName: "FILE|DIR"))
    var out: String?

    @Option(help: "One table only, for csv.")
    var table: ExportTable?

    @Flag(help: "Replace a file that is there already.")
    var force = false

    func validate() throws {
        guard table == nil || format == .csv else { throw ValidationError("--table is for --format csv") }
        guard out != nil || format == .jsonl || table != nil else {
            throw ValidationError(
                format == .csv
                    ? "--format csv makes a directory: name it with --out, or pick one --table"
                    : "--format \(format.rawValue) needs --out: where to write")
        }
    }

    func execute(_ console: Console) throws -> Int32 {
        let log = try common.open()
        let positions = try range.positions(in: log, console)
        let export = Export(log: log, positions: positions, names: common.names, progress: console.progress)
        guard let out else {
            try export.lines(table, to: console.output)
            return 0
        }
        let result = try UnfinishedFile(out, replaces: force)
        do {
            try export.make(format, table, as: result)
            try result.finish()
        } catch {
            result.discard()
            throw error
        }
        try say(positions, result.path, console)
        return 0
    }

    /// What was written, in a line.
    private func say(_ positions: Range<UInt64>, _ out: String, _ console: Console) throws {
        guard common.printsJSON else {
            return try console.output.line(
                "\(out): entries \(positions.lowerBound) to \(positions.upperBound - 1) as \(format.rawValue)")
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

extension ExportTable: ExpressibleByArgument {}
