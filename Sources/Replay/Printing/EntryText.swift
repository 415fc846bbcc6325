import Log
import Nostr
import Reducers

/// An entry as a line for people, or an object for programs.
struct EntryText {
    let words: EntryWords

    /// Position, time, type, and what happened.
    func line(_ entry: RecordedEntry) -> String {
        """
        \(Column.position(entry.leaf.seq))  \(Timestamp.text(entry.leaf.time))  \
        \(Column.padded(EntryWords.type(entry), to: 8))  \(words.text(entry))
        """
    }

    /// One object on one line; docs/replay.md names its fields.
    ///
    /// - Parameter payload: the entry's payload; it is JSON, and written compactly, since an event may hold line breaks.
    func json(_ entry: RecordedEntry, payload: UnsafeRawBufferPointer?) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("position", entry.leaf.seq)
        json.field("time", Timestamp.text(entry.leaf.time, .microseconds))
        json.field("type", EntryWords.type(entry))
        json.field("cause", entry.cause)
        json.field("kind", (entry.event?.kind ?? entry.decision?.kind)?.rawValue)
        json.field("event", entry.event?.id)
        json.field("author", entry.event?.pubkey ?? entry.decision?.author)
        json.field("target", entry.decision?.target)
        json.field("outcome", entry.decision?.outcome.rawValue)
        json.field("text", words.text(entry))
        json.field("rules", entry.leaf.rules)
        json.field("members_root", entry.leaf.membersRoot)
        json.field("state_root", entry.leaf.stateRoot)
        json.field("commitment", entry.leaf.commitment)
        if let payload, let value = try? JSONValue.parse(payload) {
            json.key("payload")
            json.value(value)
        }
        json.endObject()
        return json.bytes
    }
}
