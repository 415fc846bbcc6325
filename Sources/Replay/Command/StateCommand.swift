import ArgumentParser
import Log
import Reducers

/// `state`: everything that decisions depend on, at any point of the log.
struct StateCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "state",
        abstract: "Who was a member, who was listening? The state at any point of the log.",
        discussion: """
            Without --at the state at the end of the log. A position or event means right after it, with all that \
            follows from it; a time means after the last entry at or before it.

              ringdown-replay state --data DIR --at -5m
              ringdown-replay state --data DIR --at 4f6c21d09a3b --json
            """)

    @OptionGroup var common: CommonOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The point of the log.", valueName: "POS|TIME|EVENT"), transform: Parse.point)
    var at: LogPoint?

    @Flag(name: .customLong("no-snapshot"), help: "Replay from entry 0, whatever was computed before.")
    var ignoresSnapshots = false

    func execute(_ console: Console) throws -> Int32 {
        let state = try common.open().read { reader in
            console.progress.begin("looking for the event")
            let end = try at.map {
                try Lookup.end(of: $0, now: console.now, in: reader, progress: console.progress.update)
            }
            guard reader.size > 0 else { throw Lookup.beyond(0, 0) }
            console.progress.begin("replaying")
            return try Replayer.state(
                of: reader, before: end, useSnapshots: !ignoresSnapshots,
                progress: { console.progress.update($0, of: $1) })
        }
        let text = StateText(state: state, names: common.names)
        try console.output.answer(text, asJSON: common.printsJSON)
        return 0
    }
}
