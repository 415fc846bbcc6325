import ArgumentParser
import Log
import Nostr
import Reducers

/// `blame`: the entries behind a fact.
struct BlameCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "blame",
        abstract: "Who made it so? The entry that set a fact, and the chain before it, newest first.",
        discussion: """
            FACT is one of: member KEY, note KEY, listening KEY, limit KEY, ban KEY, session POS (the entry that opened \
            it), policy [SETTING].

              ringdown-replay blame --data DIR member npub1…
              ringdown-replay blame --data DIR policy dialect --at 2026-01-02T12:00
              ringdown-replay blame --data DIR session 22 --json
            """)

    /// More than anybody reads at once.
    private static let limits = 1...100_000

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("What kind of fact.", valueName: "FACT")) var fact: String
    @Argument(help: ArgumentHelp("Whose: a key, a session's position, a setting.", valueName: "OF")) var subject:
        String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The point of the log; its end without it.", valueName: "POS|TIME|EVENT"),
        transform: Parse.point)
    var at: LogPoint?

    @Option(name: .customLong("last"), help: ArgumentHelp("How many entries at most.", valueName: "N")) var limit = 20

    func validate() throws {
        guard let kind = BlamedFact(rawValue: fact) else {
            let known = BlamedFact.allCases.map { "\($0.rawValue) \($0.subject)" }.joined(separator: ", ")
            throw ValidationError("there is no fact \(fact); expected one of: \(known)")
        }
        guard BlameCommand.limits.contains(limit) else {
            throw ValidationError("--last \(limit) is not between 1 and \(BlameCommand.limits.upperBound)")
        }
        if kind == .policy { return }
        guard let subject else { throw ValidationError("blame \(fact) needs \(kind.subject)") }
        if kind == .session {
            guard UInt64(subject) != nil else {
                throw ValidationError("\(subject) is no session; expected the position of the entry that opened it")
            }
        } else {
            _ = try Parse.key(subject)
        }
    }

    func execute(_ console: Console) throws -> Int32 {
        guard let kind = BlamedFact(rawValue: fact) else { return 0 }
        try common.open().read { reader in
            guard reader.size > 0 else { throw Lookup.beyond(0, 0) }
            console.progress.begin("replaying")
            let end = try at.map {
                try Lookup.end(of: $0, now: console.now, in: reader, progress: console.progress.update)
            }
            let state = try Replayer.state(of: reader, before: end) { console.progress.update($0, of: $1) }
            console.progress.begin("looking back")
            let finder = BlameFinder(
                state: state, end: end ?? reader.size, time: try reader.leaf(at: (end ?? reader.size) - 1)?.time ?? 0,
                limit: limit, names: common.names, words: EntryWords(names: common.names, sessions: SessionKeys()),
                progress: { console.progress.update($0, of: $1) })
            let blame = try find(kind, finder, in: reader)
            let text = BlameText(blame: blame, fact: fact, subject: subject, names: common.names)
            try console.output.answer(text, asJSON: common.printsJSON)
        }
        return 0
    }

    private func find(_ kind: BlamedFact, _ finder: BlameFinder, in reader: borrowing LogReader) throws -> Blame {
        if kind == .policy { return try finder.policy(subject, in: reader) }
        if kind == .session { return try finder.session(UInt64(subject ?? "") ?? 0, in: reader) }
        let key = try Parse.key(subject ?? "")
        switch kind {
        case .member: return try finder.member(key, in: reader)
        case .note: return try finder.note(key, in: reader)
        case .listening: return try finder.listening(key, in: reader)
        case .limit: return try finder.limit(key, in: reader)
        default: return try finder.ban(key, in: reader)
        }
    }
}
