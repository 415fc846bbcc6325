import ArgumentParser
import Log
import Nostr
import Reducers

/// `diff`: what is different at two points.
struct DiffCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "What changed? Two points of a log, or two logs, and the entry that made each change.",
        discussion: """
            Members, roles, notes, sessions, who listens for calls, policy, invite codes, what is shut out, limits that \
            are used up, and the calls that were asked for in between. Without B the end of the log. With --other the \
            second point is one of that log.

              ringdown-replay diff --data DIR 29 60
              ringdown-replay diff --data DIR -- -1h -5m
              ringdown-replay diff --data DIR 29 60 --json
              ringdown-replay diff --data DIR --other COPY
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("Another log, whose state is compared.", valueName: "DIR"))
    var other: String?

    @Argument(
        help: ArgumentHelp("The points, each a position, a time or an event.", valueName: "POS|TIME|EVENT"),
        transform: Parse.point)
    var points: [LogPoint] = []

    func validate() throws {
        guard points.count <= 2 else { throw ValidationError("diff takes two points, not \(points.count)") }
        guard other != nil || !points.isEmpty else {
            throw ValidationError("which points? Give one or two, such as 29 60, or --other DIR")
        }
    }

    func execute(_ console: Console) throws -> Int32 {
        if let other {
            try compareLogs(other, console)
        } else {
            try common.open().read { reader in try compareRange(in: reader, console) }
        }
        return 0
    }

    private func end(_ index: Int, in reader: borrowing LogReader, _ console: Console) throws -> UInt64 {
        guard reader.size > 0 else { throw Lookup.beyond(0, 0) }
        guard index < points.count else { return reader.size }
        return try Lookup.end(of: points[index], now: console.now, in: reader, progress: console.progress.update)
    }

    private func compareRange(in reader: borrowing LogReader, _ console: Console) throws {
        console.progress.begin("looking for the points")
        let (from, to) = (try end(0, in: reader, console), try end(1, in: reader, console))
        guard from <= to else {
            throw ReplayFailure(.negative, "the first point is after the second: entries \(from - 1) and \(to - 1)")
        }
        console.progress.begin("replaying")
        let difference = try RangeDifference(from: from, to: to, in: reader, progress: console.progress.update)
        if common.printsJSON {
            for change in difference.changes { try console.output.line(utf8: try json(change, in: reader)) }
            for call in difference.calls { try console.output.line(utf8: DiffCommand.json(call)) }
            return
        }
        try console.output.line("from  \(title(difference.before))")
        try console.output.line("to    \(title(difference.after))")
        try print(difference.changes, console) { try origin($0, in: reader) }
        try print(difference.calls, console)
    }

    private func compareLogs(_ directory: String, _ console: Console) throws {
        console.progress.begin("replaying")
        let left = try common.open().read { reader in try state(0, in: reader, console) }
        let right = try OpenLog.at(directory).read { reader in try state(1, in: reader, console) }
        let changes = StateChange.all(from: left, to: right)
        if common.printsJSON {
            for change in changes {
                var json = JSONWriter()
                json.beginObject()
                ChangeText(names: common.names).write(change, to: &json)
                json.endObject()
                try console.output.line(utf8: json.bytes)
            }
            return
        }
        try console.output.line("data   \(title(left))")
        try console.output.line("other  \(title(right))")
        try print(changes, console) { change in change.entry.map { "entry \($0) of the other log" } }
    }

    private func state(_ index: Int, in reader: borrowing LogReader, _ console: Console) throws -> RelayState {
        let end = try end(index, in: reader, console)
        return try Replayer.state(of: reader, before: end, progress: { console.progress.update($0, of: $1) })
    }

    private func title(_ state: RelayState) -> String {
        "after entry \(state.position?.seq ?? 0), \(Timestamp.text(state.position?.time ?? 0))"
    }

    private func print(
        _ changes: [StateChange], _ console: Console, origin: (StateChange) throws -> String?
    ) throws {
        let text = ChangeText(names: common.names)
        for area in StateChange.Area.allCases {
            let own = changes.filter { $0.area == area }
            guard !own.isEmpty else { continue }
            try console.output.line(area.heading)
            for change in own {
                try console.output.line("  \(text.line(change))" + (try origin(change).map { "  (\($0))" } ?? ""))
            }
        }
        if changes.isEmpty { try console.output.line("nothing differs") }
    }

    private func print(_ calls: [RangeDifference.Call], _ console: Console) throws {
        let granted = calls.filter { $0.decision.outcome == .granted }.count
        try console.output.line(
            "calls asked for in between: \(calls.count), \(granted) granted, \(calls.count - granted) refused")
        let words = EntryWords(names: common.names, sessions: SessionKeys())
        for call in calls {
            try console.output.line(
                "\(Column.position(call.request.seq))  \(Timestamp.text(call.request.time))  \(words.text(call.decision))"
            )
        }
    }

    private func origin(_ change: StateChange, in reader: borrowing LogReader) throws -> String? {
        guard let (entry, actor) = try maker(of: change, in: reader) else { return nil }
        return ChangeText(names: common.names).origin(entry, actor)
    }

    private func maker(
        of change: StateChange, in reader: borrowing LogReader
    ) throws -> (entry: RecordedEntry, actor: Actor)? {
        guard let seq = change.entry, let stored = try reader.entry(at: seq) else { return nil }
        let entry = try RecordedEntry(stored)
        return (entry, try History.actor(behind: entry, in: reader))
    }

    private func json(_ change: StateChange, in reader: borrowing LogReader) throws -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        ChangeText(names: common.names).write(change, to: &json)
        if let (entry, actor) = try maker(of: change, in: reader) {
            json.field("time", Timestamp.text(entry.leaf.time, .microseconds))
            switch actor {
            case .key(let key): json.field("author", key)
            case .operator: json.field("author", "operator")
            }
        }
        json.endObject()
        return json.bytes
    }

    private static func json(_ call: RangeDifference.Call) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("area", "call")
        json.field("position", call.request.seq)
        json.field("time", Timestamp.text(call.request.time, .microseconds))
        json.field("author", call.decision.author)
        json.field("target", call.decision.target)
        json.field("outcome", call.decision.outcome.rawValue)
        json.field("code", call.decision.code)
        json.field("message", call.decision.message)
        json.endObject()
        return json.bytes
    }
}
