import ArgumentParser
import Log
import Nostr
import Reducers

/// `tail`: the latest entries, and those to come.
struct TailCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "What is happening now? The latest entries, and with -f those to come.",
        discussion: """
            On a terminal a line an entry, coloured: granted green, refused red, calls cyan, membership yellow. In a pipe, \
            or with --json, the objects of `log --json`. With -f it goes on until Ctrl-C, through restarts of the relay.

              ringdown-replay tail --data DIR -f
              ringdown-replay tail --data DIR -f --key npub1… --kind 24621 | jq .text
            """)

    /// More than anybody reads; `log` shows everything.
    private static let maximumCount: UInt64 = 1_000_000

    @OptionGroup var common: CommonOptions

    @Flag(name: .shortAndLong, help: "Go on with what comes.")
    var follow = false

    @Option(
        name: .customShort("n"), help: ArgumentHelp("How many of the latest entries to begin with.", valueName: "N"))
    var count: UInt64 = 10

    @Option(
        help: ArgumentHelp("Only events of this kind and decisions about them.", valueName: "K"), transform: Parse.kind)
    var kind: Kind?

    @Option(help: ArgumentHelp("Only entries in which this key occurs (npub or hex).", valueName: "KEY"))
    var key: String?

    @Flag(help: "Lines for people even in a pipe.")
    var text = false

    @Option(help: "When to colour lines for people; auto is on a terminal, unless NO_COLOR is set.")
    var color: ColourChoice = .auto

    func validate() throws {
        _ = try key.map(Parse.key)
        guard count <= TailCommand.maximumCount else {
            throw ValidationError(
                "-n \(count) is too many, at most \(TailCommand.maximumCount); `log` shows everything")
        }
        guard !(text && common.printsJSON) else { throw ValidationError("--text and --json exclude each other") }
    }

    func execute(_ console: Console) throws -> Int32 {
        let printer = TailPrinter(self, filter: EntryFilter(kind: kind, key: try key.map(Parse.key)), console)
        if follow { StopSignal.install() }
        var follower = try Follower(common.directory) { reader in
            try printer.position(ofLatest: count, in: reader, progress: console.progress)
        }
        try follower.drain { entry, reader in try printer.print(entry, reader) }
        guard follow else { return 0 }
        try console.output.flush()
        try follower.run(
            until: { StopSignal.isWanted || console.output.isAbandoned() }, pause: { try console.output.flush() }
        ) { entry, reader in try printer.print(entry, reader) }
        return 0
    }
}

/// Prints the entries that are asked for.
private struct TailPrinter {
    private let filter: EntryFilter
    private let sessions = SessionKeys()
    private let printsJSON: Bool
    private let json: EntryText
    private let line: TailLine
    private let output: Output

    init(_ command: TailCommand, filter: EntryFilter, _ console: Console) {
        self.filter = filter
        output = console.output
        let words = EntryWords(names: command.common.names, sessions: sessions)
        // Whoever asks for colour asks for lines.
        let isText = command.text || command.color == .always || output.isTerminal
        printsJSON = command.common.printsJSON || !isText
        json = EntryText(words: words)
        line = TailLine(words: words, isColoured: command.color.applies(toTerminal: output.isTerminal))
    }

    func print(_ entry: borrowing EntryView, _ reader: borrowing LogReader) throws {
        let recorded = try RecordedEntry(entry)
        guard try isWanted(recorded, reader) else { return }
        if printsJSON {
            try output.line(utf8: json.json(recorded, payload: entry.payload))
        } else {
            try output.line(line.text(recorded))
        }
    }

    private func isWanted(_ entry: RecordedEntry, _ reader: borrowing LogReader) throws -> Bool {
        try sessions.learn(from: entry, in: reader)
        return filter.matches(entry, sessions: sessions)
    }

    /// Entries that are read at once when looking backwards.
    private static let blockEntries: UInt64 = 4096

    /// The position of the first of the latest `count` entries that are wanted.
    func position(ofLatest count: UInt64, in reader: borrowing LogReader, progress: Progress) throws -> UInt64 {
        if filter.kind == nil, filter.key == nil { return reader.size - min(count, reader.size) }
        var missing = count
        var upper = reader.size
        progress.begin("looking backwards")
        while upper > 0, missing > 0 {
            let lower = upper - min(upper, TailPrinter.blockEntries)
            var found: [UInt64] = []
            try reader.forEachEntry(from: lower, to: upper, checkingCommitments: false) { entry in
                if try isWanted(try RecordedEntry(entry), reader) { found.append(entry.leaf.seq) }
                return true
            }
            if UInt64(found.count) >= missing { return found[found.count - Int(missing)] }
            missing -= UInt64(found.count)
            upper = lower
            progress.update(reader.size - upper, of: reader.size)
        }
        return missing == 0 ? upper : 0
    }
}
