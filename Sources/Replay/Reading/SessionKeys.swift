import Log
import Nostr
import Reducers

/// Who opened a session: a session is named by the position of the entry that opened it, so the log itself knows.
final class SessionKeys {
    private var known: [UInt64: PublicKey] = [:]
    /// More than a relay holds at once.
    private static let maximumKnown = 2 * Sessions.maximumSessions

    /// The key that opened a session that was learned; `nil` for one that the log does not show.
    subscript(session: UInt64) -> PublicKey? { known[session] }

    /// Looks up the sessions that an entry names.
    func learn(from entry: RecordedEntry, in reader: borrowing LogReader) throws {
        if known.count > SessionKeys.maximumKnown { known.removeAll() }
        for session in entry.sessions where known[session] == nil && session < reader.size {
            // An opening that cannot be read is `verify`'s to complain about; here a key is left out.
            guard let opening = try reader.entryIfPresent(at: session),
                case .input(.authenticated(let event, nil), _)? = try? RecordedEntry(opening).content
            else { continue }
            known[session] = event.pubkey
        }
    }
}

extension RecordedEntry {
    /// The sessions that the entry names.
    fileprivate var sessions: [UInt64] {
        guard case .input(let input, _) = content else { return [] }
        switch input {
        case .event(_, let session?, _), .inviteRequested(let session, _), .authenticated(_, let session?),
            .listening(let session, _),
            .closed(let session, _):
            return [session]
        case .delivered(let delivery): return delivery.written + delivery.dropped
        default: return []
        }
    }
}
