import Nostr
import Reducers

/// How a key stood at a point of the log: what a call to it or from it depends on.
struct Presence {
    /// What discovery offered of the key.
    enum Offer {
        /// It never reported, or so long ago that it is forgotten.
        case none
        /// The note offers nothing: its node stopped, left, was removed or went silent.
        case empty(Note)
        /// The latest report is older than the staleness window; the next tick empties the note.
        case stale(Note)
        /// Clients find it.
        case fresh(Note)

        /// The note; `nil` when there is none.
        var note: Note? {
            switch self {
            case .none: nil
            case .empty(let note), .stale(let note), .fresh(let note): note
            }
        }

        /// A stable name.
        var name: String {
            switch self {
            case .none: "none"
            case .empty: "empty"
            case .stale: "stale"
            case .fresh: "fresh"
            }
        }
    }

    var key: PublicKey
    /// The membership; `nil` for a key that is no direct member.
    var member: Member?
    /// The entry that banned it.
    var banned: UInt64?
    /// The sessions that hold the key, and who vouches for it there.
    var sessions: [(id: UInt64, owner: PublicKey?)]
    /// The sessions that listen for its calls, and since which entry.
    var listening: [(session: UInt64, since: UInt64)]
    var offer: Offer

    /// How the key stood in that state at that time (microseconds since 1970).
    init(_ key: PublicKey, in state: RelayState, at time: Int64) {
        self.key = key
        member = state.membership[key]
        banned = state.moderation[key]?.seq
        let all = state.sessions.all
        sessions = all.flatMap { session in session.keys.filter { $0.key == key }.map { (session.id, $0.owner) } }
        listening = all.flatMap { session in
            session.listening.filter { $0.key == key }.map { (session.id, $0.seq) }
        }
        offer = Presence.offer(of: key, in: state, at: time)
    }

    private static func offer(of key: PublicKey, in state: RelayState, at time: Int64) -> Offer {
        guard let note = state.discovery[key] else { return .none }
        if note.isEmpty { return .empty(note) }
        let silence = time - note.reportedAt
        return silence >= state.policy.stalenessSeconds * Position.microsecondsPerSecond ? .stale(note) : .fresh(note)
    }

    /// The member that vouches for the key in one of its sessions (NIP-OA).
    var owner: PublicKey? { sessions.lazy.compactMap(\.owner).first }
    /// Since which entry it listens; `nil` when it does not.
    var listeningSince: UInt64? { listening.map(\.since).min() }
}

extension Note {
    /// The addresses that the note offers.
    var addresses: [Text] {
        let targets = (try? JSONValue.parse(content.utf8))?["serveTargets"]?.arrayValue ?? []
        return targets.compactMap { $0["endpointAddr"]?.stringValue }
    }
}
