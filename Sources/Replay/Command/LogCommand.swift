import ArgumentParser
import Log
import Nostr
import Reducers

/// `log`: the entries, one line each.
struct LogCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "What happened? The entries, one line each.",
        discussion: """
            Each line has the entry's position, its time, what it is, and what happened. What follows from an input \
            stands right below it.

              ringdown-replay log --data DIR --from -10m
              ringdown-replay log --data DIR --kind 24621 --key npub1… --json
            """)

    @OptionGroup var common: CommonOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Begin at this position, time or event.", valueName: "POS|TIME|EVENT"),
        transform: Parse.point)
    var from: LogPoint?

    @Option(
        help: ArgumentHelp("Only events of this kind and decisions about them.", valueName: "K"), transform: Parse.kind)
    var kind: Kind?

    @Option(help: ArgumentHelp("Only entries in which this key occurs (npub or hex).", valueName: "KEY"))
    var key: String?

    func validate() throws { _ = try key.map(Parse.key) }

    func execute(_ console: Console) throws -> Int32 {
        let filter = EntryFilter(kind: kind, key: try key.map(Parse.key))
        let sessions = SessionKeys()
        let text = EntryText(words: EntryWords(names: common.names, sessions: sessions))
        try common.open().read { reader in
            console.progress.begin("reading")
            let start = try from.map {
                try Lookup.start(of: $0, now: console.now, in: reader, progress: console.progress.update)
            }
            let from = start ?? 0
            try reader.forEachEntry(
                from: from, to: reader.size, checkingCommitments: true,
                absent: { try AbsenceText.print($0, common, console) }
            ) { entry in
                if entry.leaf.seq.isMultiple(of: Replayer.progressInterval) {
                    console.progress.update(entry.leaf.seq - from, of: reader.size - from)
                }
                let recorded = try RecordedEntry(entry)
                try sessions.learn(from: recorded, in: reader)
                guard filter.matches(recorded, sessions: sessions) else { return true }
                if common.printsJSON {
                    try console.output.line(utf8: text.json(recorded, payload: entry.payload))
                } else {
                    try console.output.line(text.line(recorded))
                }
                return true
            }
        }
        return 0
    }
}
