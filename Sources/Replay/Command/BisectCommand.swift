import ArgumentParser
import Log
import Nostr
import Reducers

/// `bisect`: the first entry at which two logs, two versions of the rules or two policies part.
struct BisectCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "bisect",
        abstract: "Where do they part? The first entry at which two logs, or two versions of the rules, differ.",
        discussion: """
            Two logs are compared by the roots of their Merkle trees, so that a million entries take twenty comparisons \
            however much they hold; then both entries are shown with what differs. Two versions of the rules, or two \
            policies, are compared by playing the log under both. Exit status 1 when they part.

              ringdown-replay bisect --data DIR --other COPY
              ringdown-replay bisect --data DIR --rules 0
              ringdown-replay bisect --data DIR --policy requests_per_second=5 --json
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: HypothesisOptions

    @Option(help: ArgumentHelp("The other log.", valueName: "DIR"))
    var other: String?

    func validate() throws {
        let hypothesis = try options.hypothesis()
        guard (other == nil) != hypothesis.isEmpty else {
            throw ValidationError("bisect compares with one thing: --other, or --rules and --policy")
        }
    }

    func execute(_ console: Console) throws -> Int32 {
        guard let other else { return try common.open().read { reader in try bisectRules(reader, console) } }
        let second = try OpenLog.at(other)
        return try common.open().read { left in
            try second.read { right in try bisect(left, right, console) }
        }
    }

    // MARK: Two logs

    private func bisect(
        _ left: borrowing LogReader, _ right: borrowing LogReader, _ console: Console
    ) throws -> Int32 {
        console.progress.begin("comparing")
        let result = try Bisection.firstDifference(left, right)
        guard let first = result.first else {
            try printPrefix(result, console)
            return 0
        }
        guard let old = try left.entry(at: first), let new = try right.entry(at: first) else { return 1 }
        let differences = Bisection.differences(old, new)
        if common.printsJSON {
            var json = JSONWriter()
            json.beginObject()
            json.field("position", first)
            write(result, to: &json)
            json.list("differences", differences) { difference, json in
                json.field("name", difference.name)
                json.field("data", difference.left)
                json.field("other", difference.right)
            }
            json.endObject()
            try console.output.line(utf8: json.bytes)
            return 1
        }
        try console.output.line(
            "the logs part at entry \(first); the \(first) entries before it are the same "
                + "(\(result.comparisons) comparisons of roots)")
        try console.output.line("data   \(try line(old, in: left))")
        try console.output.line("other  \(try line(new, in: right))")
        for difference in differences {
            try console.output.line("  \(difference.name)")
            try console.output.line("    data   \(difference.left)")
            try console.output.line("    other  \(difference.right)")
        }
        if first == 0 { try console.output.line("they are two logs from the beginning: entry 0 says whose a log is") }
        return 1
    }

    private func line(_ entry: Entry, in reader: borrowing LogReader) throws -> String {
        let recorded = try RecordedEntry(entry)
        let sessions = SessionKeys()
        try sessions.learn(from: recorded, in: reader)
        return EntryText(words: EntryWords(names: common.names, sessions: sessions)).line(recorded)
    }

    private func printPrefix(_ result: Bisection.Result, _ console: Console) throws {
        if common.printsJSON {
            var json = JSONWriter()
            json.beginObject()
            write(result, to: &json)
            json.endObject()
            return try console.output.line(utf8: json.bytes)
        }
        let (left, right) = result.sizes
        try console.output.line(
            left == right
                ? "the logs are the same: \(left) entries, one root"
                : """
                \(left < right ? "--data" : "--other") is the beginning of the other: \(min(left, right)) entries are \
                the same, and \(max(left, right) - min(left, right)) more follow
                """)
    }

    private func write(_ result: Bisection.Result, to json: inout JSONWriter) {
        json.field("same", result.first == nil && result.sizes.left == result.sizes.right)
        json.field("entries", result.sizes.left)
        json.field("other_entries", result.sizes.right)
        json.field("comparisons", result.comparisons)
    }

    // MARK: Two versions of the rules, or two policies

    private func bisectRules(_ reader: borrowing LogReader, _ console: Console) throws -> Int32 {
        guard reader.size > 0 else { throw Lookup.beyond(0, 0) }
        console.progress.begin("replaying")
        var replay = try HypotheticalReplay(try options.hypothesis(), from: RelayState())
        var first: Deviation?
        try replay.run(from: 0, in: reader, progress: console.progress.update) { deviation in
            first = deviation
            return false
        }
        let sessions = SessionKeys()
        let text = DeviationText(words: EntryWords(names: common.names, sessions: sessions))
        guard let first else {
            if common.printsJSON {
                try console.output.line(utf8: Array(#"{"same":true,"entries":\#(reader.size)}"#.utf8))
            } else {
                try console.output.line("all \(reader.size) entries end the same under both")
            }
            return 0
        }
        if common.printsJSON {
            try console.output.line(utf8: text.json(first))
        } else {
            for line in text.lines(first) { try console.output.line(line) }
        }
        return 1
    }
}
