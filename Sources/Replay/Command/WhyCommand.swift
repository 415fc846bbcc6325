import ArgumentParser
import Log
import Nostr
import Reducers

/// `why`: every check of one decision, and what made its facts.
struct WhyCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Why was it granted or refused? Every check of one decision, and the entry that made each fact.",
        discussion: """
            EVENT is the id of an event, or its first 8 digits or more, or the position of its entry, of its decision or \
            of anything else that followed from it. The same rules decide again, check by check. Then come three verdicts \
            (as recorded, by the rules of that day, by today's), how both ends stood, what followed, and in the last line \
            what to do.

              ringdown-replay why --data DIR 4f6c21d09a3b
              ringdown-replay why --data DIR 17 --json
            """)

    @OptionGroup var common: CommonOptions

    @Argument(
        help: ArgumentHelp("The event's id, at least its first 8 digits, or a position.", valueName: "EVENT"),
        transform: Parse.event)
    var event: LogPoint

    @Option(
        name: .customLong("rules"),
        help: ArgumentHelp(
            "The version of the rules of the third verdict; today's without it, 0 for those of Sprout.", valueName: "N"),
        transform: { text in
            guard let version = UInt32(text).flatMap({ RulesVersion(rawValue: $0) }) else {
                let known = RulesVersion.allCases.map { String($0.rawValue) }.joined(separator: ", ")
                throw ValidationError("there are no rules \(text); expected one of: \(known)")
            }
            return version
        })
    var other: RulesVersion = .current

    func execute(_ console: Console) throws -> Int32 {
        let sessions = SessionKeys()
        try common.open().read { reader in
            console.progress.begin("looking for the event")
            var positions: [UInt64]
            switch event {
            case .position(let seq):
                guard seq < reader.size else { throw Lookup.beyond(seq, reader.size) }
                positions = [seq]
            case .event(let prefix):
                positions = try Lookup.positions(of: prefix, in: reader, progress: console.progress.update)
            case .time: return
            }
            console.progress.begin("replaying")
            var explanation = try Explainer.explain(
                positions.removeFirst(), in: reader, today: other, progress: console.progress.update)
            explanation.repeats = positions
            for entry in explanation.entries { try sessions.learn(from: entry, in: reader) }
            let text = ExplanationText(
                explanation: explanation, words: EntryWords(names: common.names, sessions: sessions),
                directory: common.directory)
            try console.output.answer(text, asJSON: common.printsJSON)
        }
        return 0
    }
}
