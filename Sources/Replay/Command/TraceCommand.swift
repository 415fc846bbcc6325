import ArgumentParser
import Log
import Reducers

/// `trace`: one attempt as a timeline with a lane for each end.
struct TraceCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "In which order did it happen? An attempt as a timeline with a lane for each end.",
        discussion: """
            Sessions, subscriptions, reports and notes of both ends around the attempt, its requests, decisions, \
            call-me-nows and what was delivered, with offsets in milliseconds from the first request. ID is as for \
            `attempt`.

              ringdown-replay trace --data DIR 8f14e45f-ceea
              ringdown-replay trace --data DIR 29 --before 300 --after 60 --json
            """)

    /// An hour: a timeline is not read further.
    private static let seconds = 0...3_600

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("An attempt's id, an event's id, or a position.", valueName: "ID"))
    var id: String

    @Option(help: ArgumentHelp("Seconds before the first request.", valueName: "S")) var before = 60
    @Option(help: ArgumentHelp("Seconds after the last request.", valueName: "S")) var after = 15

    func validate() throws {
        guard !id.isEmpty else { throw ValidationError("an attempt's id is not empty") }
        guard TraceCommand.seconds.contains(before), TraceCommand.seconds.contains(after) else {
            throw ValidationError("--before and --after are seconds from 0 to \(TraceCommand.seconds.upperBound)")
        }
    }

    func execute(_ console: Console) throws -> Int32 {
        try common.open().read { reader in
            guard reader.size > 0 else { throw Lookup.beyond(0, 0) }
            console.progress.begin("looking for the attempt")
            let (id, requests) = try AttemptSearch.find(
                self.id, before: reader.size, in: reader, progress: console.progress.update)
            console.progress.begin("replaying")
            let trace = try Trace(
                id: id, requests: requests, before: Int64(before) * Position.microsecondsPerSecond,
                after: Int64(after) * Position.microsecondsPerSecond, in: reader, progress: console.progress.update)
            let text = TraceText(trace: trace, names: common.names)
            try console.output.answer(text, asJSON: common.printsJSON)
        }
        return 0
    }
}
