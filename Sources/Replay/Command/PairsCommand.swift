import ArgumentParser
import Log
import Nostr

/// `pairs`: every attempt to connect two members, one by one or counted.
struct PairsCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "pairs",
        abstract: "Who was connected with whom? Every attempt, granted or refused, and whether both ends were rung.",
        discussion: """
            Each line has the position of the request, when it was made, how it was decided, who asked for whom, and \
            then why it was refused, or for both ends whether it was listening and whether it was rung. Give the \
            position to `why` for the whole story. With --by attempts are counted instead: how many were granted, how \
            many of those rung at both ends, and how long after the request both had been.

              ringdown-replay pairs --data DIR --since -1h
              ringdown-replay pairs --data DIR --pair npub1… npub1… --last 5
              ringdown-replay pairs --data DIR --by day --outcome granted --json
            """)

    /// Attempts that `--last` keeps in memory.
    private static let lastLimits = 1...100_000

    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("Only attempts of this key or to it (npub or hex).", valueName: "KEY"))
    var key: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Only attempts of one of two keys for the other.", valueName: "KEY KEY"))
    var pair: [String] = []

    @Option(help: "Only attempts that ended like this: rung is both ends rung, silent is granted but not.")
    var outcome: AttemptOutcome?

    @Option(help: ArgumentHelp("Only attempts with this code, such as target_not_member.", valueName: "CODE"))
    var code: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Only attempts at or after this time.", valueName: "T"),
        transform: Parse.time)
    var since: TimeText?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Only attempts at or before this time.", valueName: "T"),
        transform: Parse.time)
    var until: TimeText?

    @Option(help: ArgumentHelp("Only the latest N of them.", valueName: "N")) var last: Int?

    @Option(help: "Count attempts by this instead of printing them.") var by: AttemptGrouping?

    func validate() throws {
        _ = try key.map { try Parse.key($0, of: "--key") }
        for key in pair { _ = try Parse.key(key, of: "--pair") }
        guard pair.isEmpty || pair.count == 2 else { throw ValidationError("--pair needs two keys") }
        guard last.map(PairsCommand.lastLimits.contains) ?? true else {
            throw ValidationError("--last is not between 1 and \(PairsCommand.lastLimits.upperBound)")
        }
    }

    private func filter(_ console: Console) throws -> AttemptFilter {
        var filter = AttemptFilter(
            key: try key.map(Parse.key), since: since?.resolved(now: console.now),
            until: until?.resolved(now: console.now))
        if pair.count == 2 { filter.pair = (try Parse.key(pair[0]), try Parse.key(pair[1])) }
        (filter.outcome, filter.code) = (outcome, code)
        return filter
    }

    func execute(_ console: Console) throws -> Int32 {
        let filter = try filter(console)
        var groups = by.map(AttemptGroups.init)
        var latest: [Attempt] = []
        try common.open().read { reader in
            console.progress.begin("reading")
            try AttemptReader.read(
                reader, filter, progress: console.progress.update,
                absent: { try AbsenceText.print($0, common, console) }
            ) { attempt in
                if let last {
                    // Dropped in bulk, so that each costs the same.
                    if latest.count == 2 * last { latest.removeFirst(last) }
                    latest.append(attempt)
                } else if groups != nil {
                    groups?.add(attempt)
                } else {
                    try print(attempt, console)
                }
            }
        }
        for attempt in latest.suffix(last ?? 0) {
            if groups != nil { groups?.add(attempt) } else { try print(attempt, console) }
        }
        if let groups { try print(groups, console) }
        return 0
    }

    private func print(_ attempt: Attempt, _ console: Console) throws {
        if common.printsJSON {
            try console.output.line(utf8: AttemptText.json(attempt))
        } else {
            try console.output.line(AttemptText(names: common.names).line(attempt))
        }
    }

    private func print(_ groups: AttemptGroups, _ console: Console) throws {
        let text = AttemptGroupsText(groups: groups, names: common.names)
        if common.printsJSON {
            for object in text.json { try console.output.line(utf8: object) }
        } else {
            for line in text.lines { try console.output.line(line) }
        }
    }
}
