import Nostr
import Reducers
import Synchronization

/// What everybody may know of the state without asking the sequencer: renewed after each commit that changed it.
final class LiveFacts: Sendable {
    /// The facts at one moment.
    struct Snapshot: Sendable {
        /// The settings in force.
        var policy: Policy
        /// The relay's owner, once there is one.
        var owner: PublicKey?
        /// What the management API changed about how the relay presents itself (NIP-86); `nil` where it changed nothing.
        var name: String?
        var about: String?
        var icon: String?
        /// Networks and addresses whose connections are refused.
        var blocked: [InternetNetwork]
        var memberCount: Int
        var sessionCount: Int
        /// Requests that were granted and refused since the log began.
        var granted: UInt64
        var refused: UInt64
        /// Entries in the log.
        var entries: UInt64

        init(_ state: RelayState) {
            policy = state.policy
            owner = state.membership.owner?.key
            name = state.moderation.properties[.name]?.string
            about = state.moderation.properties[.description]?.string
            icon = state.moderation.properties[.icon]?.string
            blocked = state.moderation.addresses.compactMap { InternetNetwork($0.subject.string) }
            memberCount = state.membership.members.count
            sessionCount = state.sessions.count
            granted = state.signaling.granted
            refused = state.signaling.refused
            entries = 0
            count(state)
        }

        fileprivate mutating func count(_ state: RelayState) {
            memberCount = state.membership.members.count
            sessionCount = state.sessions.count
            granted = state.signaling.granted
            refused = state.signaling.refused
            entries = state.position.map { $0.seq + 1 } ?? 0
        }
    }

    private let snapshot: Mutex<Snapshot>

    init(_ state: RelayState) { snapshot = Mutex(Snapshot(state)) }

    var current: Snapshot { snapshot.withLock { $0 } }

    /// Takes over what a commit may have changed.
    ///
    /// - Parameter all: whether settings may have changed, too, not only counts.
    func renew(_ state: RelayState, all: Bool) {
        guard !all else {
            let fresh = Snapshot(state)
            return snapshot.withLock { $0 = fresh }
        }
        snapshot.withLock { $0.count(state) }
    }
}
