import Log
import Nostr
import Reducers

/// A change of the state as a line for people, or an object for programs.
struct ChangeText {
    let names: KeyNames

    /// What it is about.
    func subject(_ change: StateChange) -> String {
        switch change.subject {
        case .key(let key): names(key)
        case .session(let id): String(id)
        case .invite(let hash): "\(hash.hex.prefix(8))…"
        case .event(let id): "event \(names.event(id))"
        case .name(let name): name
        }
    }

    /// `+`, `-` or `~`, what it is about, and before and after.
    func line(_ change: StateChange) -> String {
        switch change.kind {
        case .added: "+ \(subject(change))  \(change.after ?? "")"
        case .removed: "- \(subject(change))  was \(change.before ?? "there")"
        case .changed where change.before == change.after: "~ \(subject(change))  renewed: \(change.after ?? "")"
        case .changed: "~ \(subject(change))  \(change.before ?? "") → \(change.after ?? "")"
        }
    }

    /// What made it so, and who.
    func origin(_ entry: RecordedEntry, _ actor: Actor) -> String {
        let by =
            switch actor {
            case .key(let key): names(key)
            case .operator: "the operator"
            }
        return "entry \(entry.leaf.seq), \(Timestamp.text(entry.leaf.time)), by \(by)"
    }

    /// The fields of a change; the object stays open.
    func write(_ change: StateChange, to json: inout JSONWriter) {
        json.field("area", change.area.rawValue)
        json.field("change", change.kind.rawValue)
        switch change.subject {
        case .key(let key): json.field("key", key)
        case .session(let id): json.field("session", id)
        case .invite(let hash): json.field("hash", hash)
        case .event(let id): json.field("event", id)
        case .name(let name): json.field("name", name)
        }
        json.field("before", change.before)
        json.field("after", change.after)
        json.field("position", change.entry)
    }
}

extension StateChange.Area {
    /// The heading over changes of this kind.
    var heading: String {
        switch self {
        case .policy: "policy"
        case .member: "members"
        case .note: "notes"
        case .session: "sessions"
        case .listener: "listening for calls"
        case .invite: "invite codes"
        case .ban: "shut out"
        case .relay: "the relay's own settings"
        case .limit: "limits that are used up"
        }
    }
}
