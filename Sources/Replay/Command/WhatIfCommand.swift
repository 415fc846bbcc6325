import ArgumentParser
import Log
import Nostr
import Reducers

/// `what-if`: the log played again with something changed.
struct WhatIfCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "what-if",
        abstract:
            "What if it had been otherwise? The decisions that change under another policy, member, event or rule.",
        discussion: """
            Plays the log as it was and as it would have been side by side, and prints each input that ends otherwise, \
            with the check that makes the difference, and the totals. A key is without membership, or has it, from \
            --from to the end, whoever adds or removes it. An event is inserted after --at and all that follows from \
            what is there, or at the end.

              ringdown-replay what-if --data DIR --policy requests_per_second=5
              ringdown-replay what-if --data DIR --without-member npub1… --from -1d
              ringdown-replay what-if --data DIR --with-member npub1…:admin
              ringdown-replay what-if --data DIR --without 42
              ringdown-replay what-if --data DIR --insert event.json --at 41
              ringdown-replay what-if --data DIR --rules 0 --json
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: HypothesisOptions

    @Option(
        name: .customLong("without-member"),
        help: ArgumentHelp("A key that is no member (npub or hex); may be repeated.", valueName: "KEY"))
    var withoutMembers: [String] = []

    @Option(
        name: .customLong("with-member"),
        help: ArgumentHelp("A key that is a member; may be repeated.", valueName: "KEY[:ROLE]"))
    var withMembers: [String] = []

    @Option(
        help: ArgumentHelp("An event that did not come in; may be repeated.", valueName: "EVENT|POS"),
        transform: Parse.event)
    var without: [LogPoint] = []

    @Option(help: ArgumentHelp("A file with a signed event that came in.", valueName: "FILE"))
    var insert: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Where it came in.", valueName: "POS|TIME|EVENT"), transform: Parse.point)
    var at: LogPoint?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("From where on it is otherwise.", valueName: "POS|TIME|EVENT"), transform: Parse.point)
    var from: LogPoint?

    func validate() throws {
        _ = try withoutMembers.map(Parse.key)
        _ = try withMembers.map(Parse.member)
        guard at == nil || insert != nil else { throw ValidationError("--at says where --insert puts its event") }
        let hypothesis = try options.hypothesis()
        guard
            !hypothesis.isEmpty || !withoutMembers.isEmpty || !withMembers.isEmpty || !without.isEmpty || insert != nil
        else {
            throw ValidationError(
                "what if what? Give --policy, --without-member, --with-member, --without, --insert or --rules")
        }
    }

    func execute(_ console: Console) throws -> Int32 {
        try common.open().read { reader in try execute(in: reader, console) }
        return 0
    }

    private func execute(in reader: borrowing LogReader, _ console: Console) throws {
        guard reader.size > 0 else { throw Lookup.beyond(0, 0) }
        console.progress.begin("looking for the events")
        let start = try from.map {
            try Lookup.start(of: $0, now: console.now, in: reader, progress: console.progress.update)
        }
        let first = try HypothesisRun.begin(start ?? 0, in: reader)
        let hypothesis = try hypothesis(from: first, in: reader, console)
        console.progress.begin("replaying")
        let state = try Replayer.state(of: reader, before: first, progress: { console.progress.update($0, of: $1) })
        var replay = try HypotheticalReplay(hypothesis, from: state)
        let sessions = SessionKeys()
        let text = DeviationText(words: EntryWords(names: common.names, sessions: sessions))
        try replay.run(from: first, in: reader, progress: console.progress.update) { deviation in
            if common.printsJSON {
                try console.output.line(utf8: text.json(deviation))
            } else {
                for line in text.lines(deviation) { try console.output.line(line) }
            }
            return true
        }
        try printTotals(replay, hypothesis, console)
    }

    private func hypothesis(
        from first: UInt64, in reader: borrowing LogReader, _ console: Console
    ) throws -> Assumptions {
        var hypothesis = try options.hypothesis()
        hypothesis.withoutMembers = try withoutMembers.map(Parse.key)
        hypothesis.withMembers = try withMembers.map(Parse.member)
        for point in without {
            for position in try HypothesisRun.inputs(point, in: reader, progress: console.progress.update) {
                guard position > 0 else {
                    throw ReplayFailure(.negative, "entry 0 cannot be taken out: it says whose log this is")
                }
                guard position >= first else {
                    throw ReplayFailure(
                        .negative,
                        "entry \(position) is before entry \(first), from where on it is otherwise; see --from")
                }
                hypothesis.without.insert(position)
            }
        }
        if let insert {
            let end = try at.map {
                try Lookup.end(of: $0, now: console.now, in: reader, progress: console.progress.update)
            }
            var insertion = Assumptions.Insertion(
                event: try Parse.event(inFile: insert), before: try HypothesisRun.begin(end ?? reader.size, in: reader))
            if case .time(let time)? = at { insertion.time = time.resolved(now: console.now) }
            guard insertion.before >= first else {
                throw ReplayFailure(.negative, "--at is before --from, from where on it is otherwise")
            }
            hypothesis.insertions = [insertion]
        }
        return hypothesis
    }

    private func printTotals(_ replay: HypotheticalReplay, _ hypothesis: Assumptions, _ console: Console) throws {
        let totals = replay.totals
        let (actual, state) = (replay.actualState.signaling, replay.state.signaling)
        let turns = totals.turns.sorted { $0.key < $1.key }
        if common.printsJSON {
            var json = JSONWriter()
            json.beginObject()
            json.field("compared", totals.compared)
            json.field("changed", totals.changed)
            json.field("other_events", totals.otherEvents)
            json.field("erased", totals.erased)
            json.key("turns")
            json.beginObject()
            for (turn, count) in turns {
                json.key(turn)
                json.number(count)
            }
            json.endObject()
            json.field("granted", actual.granted)
            json.field("granted_then", state.granted)
            json.field("members", replay.actualState.membership.members.count)
            json.field("members_then", replay.state.membership.members.count)
            json.key("caveats")
            json.beginArray()
            for caveat in hypothesis.caveats { json.string(caveat) }
            json.endArray()
            json.endObject()
            try console.output.line(utf8: json.bytes)
            return
        }
        try console.output.line("\(totals.changed) of \(totals.compared) end otherwise")
        for (turn, count) in turns {
            try console.output.line("  \(Column.padded("\(count)", to: 6, alignRight: true)) \(turn)")
        }
        if totals.otherEvents > 0 {
            try console.output.line("  \(totals.otherEvents) end the same, but the relay signs other events")
        }
        try console.output.line("calls granted  \(actual.granted) → \(state.granted)")
        try console.output.line(
            "members        \(replay.actualState.membership.members.count) → \(replay.state.membership.members.count)")
        try console.output.line("what this cannot know")
        for caveat in hypothesis.caveats { try console.output.line("  \(caveat)") }
    }
}

/// Finds the inputs that a hypothesis is about.
enum HypothesisRun {
    /// The first input at or after a position.
    static func begin(_ position: UInt64, in reader: borrowing LogReader) throws -> UInt64 {
        var seq = position
        while let leaf = try reader.leaf(at: seq), leaf.type.isOutput { seq += 1 }
        return seq
    }

    /// The inputs that hold an event, or that the entry at a position is or follows from.
    static func inputs(
        _ point: LogPoint, in reader: borrowing LogReader, progress: (UInt64, UInt64) -> Void
    ) throws -> [UInt64] {
        var positions: [UInt64]
        switch point {
        case .position(let seq):
            guard seq < reader.size else { throw Lookup.beyond(seq, reader.size) }
            positions = [seq]
        case .event(let prefix): positions = try Lookup.positions(of: prefix, in: reader, progress: progress)
        case .time: return []
        }
        for index in positions.indices {
            while positions[index] > 0, let leaf = try reader.leaf(at: positions[index]), leaf.type.isOutput {
                positions[index] -= 1
            }
        }
        return positions
    }
}
