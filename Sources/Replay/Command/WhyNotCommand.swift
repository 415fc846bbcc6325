import ArgumentParser
import Log
import Nostr
import Reducers

/// `why-not`: a connect request that nobody sent, run through the real rules.
struct WhyNotCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "why-not",
        abstract: "Why were these two never connected? A request that nobody sent, run through the real rules.",
        discussion: """
            A well-formed request of the first key for the second meets every check as a real one would have at that \
            point of the log; then comes whether both ends would ring, and in the last line what to do. Without --at \
            it is the end of the log.

              ringdown-replay why-not --data DIR npub1… npub1… --at 2026-01-02T12:00
              ringdown-replay why-not --data DIR npub1… npub1… --both --json
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("Who would ask (npub or hex).", valueName: "KEY")) var requester: String
    @Argument(help: ArgumentHelp("Who would be asked for.", valueName: "KEY")) var target: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The point of the log.", valueName: "POS|TIME|EVENT"), transform: Parse.point)
    var at: LogPoint?

    @Flag(help: "Both directions.") var both = false

    func validate() throws {
        _ = try Parse.key(requester)
        _ = try Parse.key(target)
    }

    func execute(_ console: Console) throws -> Int32 {
        let (one, other) = (try Parse.key(requester), try Parse.key(target))
        let sessions = SessionKeys()
        try common.open().read { reader in
            guard reader.size > 0 else { throw Lookup.beyond(0, 0) }
            console.progress.begin("looking for the point")
            let (end, position) = try point(in: reader, console)
            console.progress.begin("replaying")
            let state = try Replayer.state(of: reader, before: end) { console.progress.update($0, of: $1) }
            for (from, to) in both ? [(one, other), (other, one)] : [(one, other)] {
                let hypothesis = try Hypothesis(from, to, in: state, at: position, reader)
                for step in hypothesis.explanation.steps {
                    if let basis = step.basis { try sessions.learn(from: basis.entry, in: reader) }
                }
                let text = HypothesisText(
                    hypothesis: hypothesis, words: EntryWords(names: common.names, sessions: sessions))
                if from != one && !common.printsJSON { try console.output.line() }
                try console.output.answer(text, asJSON: common.printsJSON)
            }
        }
        return 0
    }

    /// Where the request would stand: behind the point's own step, at the point's own time.
    private func point(in reader: borrowing LogReader, _ console: Console) throws -> (UInt64, Position) {
        var end = reader.size
        if let at {
            end = try Lookup.end(of: at, now: console.now, in: reader, progress: console.progress.update)
        }
        var time = try reader.leaf(at: end - 1)?.time ?? 0
        if case .time(let text)? = at { time = max(time, text.resolved(now: console.now)) }
        while end < reader.size, try reader.leaf(at: end)?.type.isOutput == true { end += 1 }
        return (end, Position(seq: end, time: time))
    }
}
