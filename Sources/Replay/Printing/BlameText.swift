import Nostr
import Reducers

/// A fact and what made it so, as lines for people, or one object for programs.
struct BlameText: Answer {
    let blame: Blame
    let fact: String
    let subject: String?
    let names: KeyNames

    /// How the fact stands, then the entries behind it, newest first.
    var lines: [String] {
        let presence = PresenceText(names: names)
        var lines = [blame.stands]
        lines += blame.links.map { link in
            """
            \(Column.position(link.entry.leaf.seq))  \(Timestamp.text(link.entry.leaf.time))  by \
            \(presence.text(link.actor)): \(link.change)
            """
        }
        if blame.links.isEmpty { lines.append("  no entry of this log says anything about it") }
        if blame.isCut { lines.append("  … and older ones: ask for more with --last") }
        return lines
    }

    /// One object on one line; docs/replay.md names its fields.
    var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("fact", fact)
        json.field("of", subject)
        json.field("stands", blame.stands)
        json.list("chain", blame.links) { link, json in
            json.field("position", link.entry.leaf.seq)
            json.field("time", Timestamp.text(link.entry.leaf.time, .microseconds))
            json.field("type", EntryWords.type(link.entry))
            json.field("cause", link.entry.cause)
            json.field("author", link.actor)
            json.field("change", link.change)
        }
        json.field("has_older", blame.isCut)
        json.endObject()
        return json.bytes
    }
}
