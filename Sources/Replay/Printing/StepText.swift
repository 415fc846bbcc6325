import Log
import Nostr
import Reducers

/// The checks of a decision, each with its fact and the entry that made it so.
struct StepText {
    let words: EntryWords
    /// When the decision was taken.
    let time: Int64
    /// Spells the keys of a text of the rules as the user asked for.
    let spelled: (String) -> String

    /// A line a check; below it what made its fact, in full where an entry is named for the first time.
    func lines(_ steps: [Explanation.Step]) -> [String] {
        let width = steps.map(\.name.count).max() ?? 0
        var named: Set<UInt64> = []
        return steps.flatMap { step in
            lines(step, width: width, isNew: step.basis.map { named.insert($0.entry.leaf.seq).inserted } ?? false)
        }
    }

    private func lines(_ step: Explanation.Step, width: Int, isNew: Bool) -> [String] {
        let fact = spelled(Printable.text(Text(step.fact)))
        var head = "\(step.passed ? "✓" : "✗") \(Column.padded(step.name, to: width))  \(fact)"
        var lines: [String] = []
        let indent = String(repeating: " ", count: width + 4)
        let presence = PresenceText(names: words.names)
        if let (entry, actor) = step.basis {
            if isNew {
                lines.append(
                    """
                    \(indent)from entry \(entry.leaf.seq), \(Timestamp.text(entry.leaf.time)), by \
                    \(presence.text(actor)): \(words.text(entry))
                    """)
            } else {
                head += " (entry \(entry.leaf.seq))"
            }
        }
        if let ending = step.ending { lines.append(indent + presence.text(ending, before: time)) }
        return [head] + lines
    }
}

extension JSONWriter {
    /// Writes the fields of a check; docs/replay.md names them.
    mutating func write(_ step: Explanation.Step, _ words: EntryWords) {
        field("name", step.name)
        field("passed", step.passed)
        field("fact", step.fact)
        if let (entry, actor) = step.basis {
            key("basis")
            beginObject()
            field("position", entry.leaf.seq)
            field("time", Timestamp.text(entry.leaf.time, .microseconds))
            field("author", actor)
            field("text", words.text(entry))
            endObject()
        }
        if let ending = step.ending { field("ended", ending) }
    }

    /// Writes who brought something about.
    mutating func field(_ name: StaticString, _ actor: Actor) {
        switch actor {
        case .key(let key): field(name, key)
        case .operator: field(name, "operator" as Text)
        }
    }

    /// Writes how something came to its end.
    mutating func field(_ name: StaticString, _ ending: Ending) {
        key(name)
        beginObject()
        switch ending {
        case .removed(_, let actor):
            field("how", "removed" as Text)
            field("by", actor)
        case .closed(_, let reason):
            field("how", "closed" as Text)
            field("reason", reason)
        case .unsubscribed: field("how", "unsubscribed" as Text)
        case .restarted: field("how", "restarted" as Text)
        case .never: field("how", "never" as Text)
        }
        field("position", ending.position?.seq)
        field("time", ending.position.map { Timestamp.text($0.time, .microseconds) })
        endObject()
    }

    /// Writes how an end stood.
    mutating func field(_ name: StaticString, _ end: Situation.End) {
        key(name)
        beginObject()
        write(end.presence)
        if let stopped = end.stopped { field("stopped_listening", stopped) }
        endObject()
    }
}
