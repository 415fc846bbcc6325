import Log
import Nostr

/// Entries that are archived and not here, where they would stand.
struct AbsenceText {
    let entries: AbsentEntries

    var line: String { "\(entries.first)–\(entries.last)  \(entries.description)" }

    /// One object on one line; docs/replay.md names its fields.
    var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("absent", entries.count)
        json.field("first", entries.first)
        json.field("last", entries.last)
        json.key("files")
        json.beginArray()
        for file in entries.files { json.string(file) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    /// Prints it, and says to go on.
    static func print(_ entries: AbsentEntries, _ common: CommonOptions, _ console: Console) throws -> Bool {
        let text = AbsenceText(entries: entries)
        if common.printsJSON {
            try console.output.line(utf8: text.json)
        } else {
            try console.output.line(text.line)
        }
        return true
    }
}
