import Log
import Nostr
import Reducers

/// An entry as one line of JSON with everything that somebody needs who recomputes the log with other software.
///
/// It is a line of `ringdown-relay export --entries` (docs/log-format.md, "Export"), and can be imported as one, with more
/// members beside: what the leaf says in plain numbers, and what the payload says in the words of `log --json`.
enum EntryLine {
    /// The line without its end; docs/replay.md names the fields.
    static func json(_ entry: borrowing EntryView) throws -> [UInt8] {
        let exported = ExportedEntry(entry)
        let facts = EntryFacts(try RecordedEntry(entry))
        var json = JSONWriter()
        json.beginObject()
        json.field("position", exported.leaf.seq)
        json.field("time", exported.leaf.time)
        json.field("type", facts.type)
        json.field("input", facts.input)
        json.field("cause", facts.cause)
        json.field("door", facts.door)
        json.field("session", facts.session)
        json.field("kind", facts.kind?.rawValue)
        json.field("id", facts.event?.id)
        json.field("author", facts.author)
        json.field("target", facts.target)
        write(facts.decision, to: &json)
        if facts.decision == nil { json.field("message", facts.message) }
        json.field("rules", exported.leaf.rules)
        json.field("members_root", exported.leaf.membersRoot)
        json.field("state_root", exported.leaf.stateRoot)
        json.field("commitment", exported.leaf.commitment)
        exported.write(to: &json)
        json.endObject()
        return json.bytes
    }

    private static func write(_ decision: Decision?, to json: inout JSONWriter) {
        guard let decision else { return }
        json.field("outcome", decision.outcome.rawValue)
        json.field("code", decision.code)
        json.field("message", decision.message)
        json.field("rules_version", decision.rules.rawValue)
        json.key("basis")
        json.beginObject()
        json.field("policy", decision.basis.policy)
        json.field("requester", decision.basis.requester)
        json.field("target", decision.basis.target)
        json.field("requester_listening", decision.basis.requesterListening)
        json.field("target_listening", decision.basis.targetListening)
        json.field("invite", decision.basis.invite)
        json.endObject()
        json.field("expires_at", decision.expiresAt)
    }
}
