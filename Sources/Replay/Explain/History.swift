import Log
import Nostr
import Reducers

/// How something that is not so any more came to its end.
enum Ending {
    /// A key's membership was taken away.
    case removed(at: Position, by: Actor)
    /// A session was closed.
    case closed(at: Position, reason: String)
    /// A session gave up its subscription.
    case unsubscribed(at: Position)
    /// The relay was restarted.
    case restarted(at: Position)
    /// The log has never seen it before this point.
    case never

    /// The entry that ended it.
    var position: Position? {
        switch self {
        case .removed(let position, _), .closed(let position, _), .unsubscribed(let position),
            .restarted(let position):
            position
        case .never: nil
        }
    }
}

/// Who brought an entry about.
enum Actor: Equatable {
    case key(PublicKey)
    /// Whoever holds the relay's machine: its command line and its configuration.
    case `operator`
}

/// Looks back from a point for what made a fact as it is, where the state no longer knows.
struct History {
    /// How a key stopped being a member before `end`.
    static func membership(
        of key: PublicKey, before end: UInt64, in reader: borrowing LogReader
    ) throws -> Ending {
        let removal = try reader.latest(
            before: end, types: [.membershipEffect], containing: Needle(key.hex)
        ) { recorded -> (Position, UInt64)? in
            guard case .output(.effect(let effect, let cause)) = recorded.content, effect.key == key,
                effect.change == .remove
            else { return nil }
            return (recorded.position, cause)
        }
        guard let (position, cause) = removal else { return .never }
        return .removed(at: position, by: try actor(cause, in: reader))
    }

    /// Who brought about an entry that made a fact, or the one that it follows from.
    static func actor(behind entry: RecordedEntry, in reader: borrowing LogReader) throws -> Actor {
        try actor(entry.cause ?? entry.leaf.seq, in: reader)
    }

    private static func actor(_ input: UInt64, in reader: borrowing LogReader) throws -> Actor {
        guard let entry = try reader.entry(at: input).map({ try RecordedEntry($0) }) else { return .operator }
        if let event = entry.event { return .key(event.pubkey) }
        switch entry.content {
        case .input(.listening(let session, _), _), .input(.closed(let session, _), _),
            .input(.inviteRequested(let session, _), _):
            guard let opening = try reader.entryIfPresent(at: session), let event = try RecordedEntry(opening).event
            else {
                return .operator
            }
            return .key(event.pubkey)
        default: return .operator
        }
    }

    /// How a session ended before `end`: closed, with the relay that held it, or because one of its keys was removed.
    static func session(_ id: UInt64, before end: UInt64, in reader: borrowing LogReader) throws -> Ending {
        guard id < end, let opening = try reader.entryIfPresent(at: id),
            case .input(.authenticated(let event, nil), _) = try RecordedEntry(opening).content
        else { return .never }
        var keys: Set<PublicKey> = [event.pubkey]
        var ending: Ending?
        try reader.forwards(from: id + 1, to: end, types: [.session, .mark, .membershipEffect]) { recorded in
            switch recorded.content {
            case .input(.authenticated(let event, id), _): keys.insert(event.pubkey)
            case .input(.closed(id, let reason), _): ending = .closed(at: recorded.position, reason: reason)
            case .input(.restart, _): ending = .restarted(at: recorded.position)
            case .output(.effect(let effect, let cause)) where effect.change == .remove && keys.contains(effect.key):
                ending = .removed(at: recorded.position, by: try actor(cause, in: reader))
            default: break
            }
            return ending == nil
        }
        return ending ?? .never
    }

    /// How a key stopped listening for calls before `end`; `never` when no session of its ever listened.
    static func listening(
        of key: PublicKey, before end: UInt64, in reader: borrowing LogReader
    ) throws -> Ending {
        let began = try reader.latest(
            before: end, types: [.session], containing: Needle(key.hex)
        ) { recorded -> (session: UInt64, seq: UInt64)? in
            guard case .input(.listening(let session, let keys), _) = recorded.content, keys.contains(key) else {
                return nil
            }
            return (session, recorded.leaf.seq)
        }
        guard let began else { return .never }
        var unsubscribed: Ending?
        let words = Needle(#""did":"listening","session":\#(began.session)"#)
        try reader.forwards(from: began.seq + 1, to: end, types: [.session], containing: words) { recorded in
            guard case .input(.listening(began.session, let keys), _) = recorded.content, !keys.contains(key) else {
                return true
            }
            unsubscribed = .unsubscribed(at: recorded.position)
            return false
        }
        return try unsubscribed ?? session(began.session, before: end, in: reader)
    }
}
