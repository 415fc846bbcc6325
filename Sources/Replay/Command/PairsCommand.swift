import ArgumentParser
import Log
import Nostr

/// `pairs`: every attempt to connect two members.
struct PairsCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "pairs",
        abstract: "Who was connected with whom? Every attempt, granted or refused, and whether both ends were rung.",
        discussion: """
            Each line has the position of the request, when it was made, how it was decided, who asked for whom, and \
            then why it was refused, or for both ends whether it was listening and whether it was rung. Give the \
            position to `why` for the whole story.

              ringdown-replay pairs --data DIR --since -1h
              ringdown-replay pairs --data DIR --key npub1… --since 2026-01-02 --until 2026-01-03 --json
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("Only attempts of this key or to it (npub or hex).", valueName: "KEY"))
    var key: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Only attempts at or after this time.", valueName: "T"),
        transform: Parse.time)
    var since: TimeText?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Only attempts at or before this time.", valueName: "T"),
        transform: Parse.time)
    var until: TimeText?

    func validate() throws { _ = try key.map(Parse.key) }

    func execute(_ console: Console) throws -> Int32 {
        let filter = AttemptFilter(
            key: try key.map(Parse.key), since: since?.resolved(now: console.now),
            until: until?.resolved(now: console.now))
        let text = AttemptText(names: common.names)
        try common.open().read { reader in
            console.progress.begin("reading")
            try AttemptReader.read(reader, filter, progress: console.progress.update) { attempt in
                if common.printsJSON {
                    try console.output.line(utf8: AttemptText.json(attempt))
                } else {
                    try console.output.line(text.line(attempt))
                }
            }
        }
        return 0
    }
}
