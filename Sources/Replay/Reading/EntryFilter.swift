import Log
import Nostr
import Reducers

/// Which entries `log` prints.
struct EntryFilter {
    /// Events of this kind, and decisions about them.
    var kind: Kind?
    /// Entries in which this key occurs: as author, target, member, recipient, or as the holder of a session.
    var key: PublicKey?

    /// - Parameter sessions: who opened the sessions that the entry names.
    func matches(_ entry: RecordedEntry, sessions: SessionKeys) -> Bool {
        if let kind, (entry.event?.kind ?? entry.decision?.kind) != kind { return false }
        guard let key else { return true }
        return names(key, entry, sessions)
    }

    private func names(_ key: PublicKey, _ entry: RecordedEntry, _ sessions: SessionKeys) -> Bool {
        switch entry.content {
        case .output(.decision(let decision)): return decision.author == key || decision.target == key
        case .output(.effect(let effect, _)): return effect.key == key
        case .output(.event(let event, _)): return names(key, event)
        case .erased: return false
        case .input(let input, _):
            switch input {
            case .event(let event, let session, _):
                return names(key, event) || session.map { sessions[$0] } == key
            case .management(let body, let authorization):
                if authorization.pubkey == key { return true }
                guard case .command(let command)? = try? ManagementCall(body: body) else { return false }
                return command.key == key
            case .inviteRequested(let session, _): return sessions[session] == key
            case .authenticated(let event, let session):
                return event.pubkey == key || session.map { sessions[$0] } == key
            case .listening(let session, let keys):
                return keys.contains(key) || sessions[session] == key
            case .closed(let session, _): return sessions[session] == key
            case .delivered(let delivery):
                return (delivery.written + delivery.dropped).contains { sessions[$0] == key }
            case .dropped(let dropped): return dropped.keys.contains(key)
            case .operatorCommand(let command): return command.key == key
            case .genesis(let genesis): return genesis.relay == key
            case .disclosed(_, let authorization): return authorization.pubkey == key
            case .policy, .erasure, .tick, .snapshotPoint, .restart, .checkpoint: return false
            }
        }
    }

    /// Whether an event's author or one of its tags is the key: a p-tag, a member tag, or the d-tag of a mesh status.
    private func names(_ key: PublicKey, _ event: Event) -> Bool {
        if event.pubkey == key { return true }
        let hex = Text(key.hex)
        return event.tags.contains { tag in
            guard let value = tag.value else { return false }
            return value == hex || (tag.isNamed("d") && value.utf8.suffix(64).elementsEqual(hex.utf8))
        }
    }
}
