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

    /// What the settings call the relay, and how they describe it.
    struct Presentation: Sendable {
        var name: String
        var about: String
    }

    private let snapshot: Mutex<Snapshot>
    private let settings: Mutex<Presentation>

    init(_ state: RelayState, settings: Settings) {
        snapshot = Mutex(Snapshot(state))
        self.settings = Mutex(Presentation(name: settings.name, about: settings.about))
    }

    /// What the relay is called, and how it is described: by the management API, else by the settings.
    var presentation: Presentation {
        let (facts, settings) = (current, settings.withLock { $0 })
        return Presentation(name: facts.name ?? settings.name, about: facts.about ?? settings.about)
    }

    /// Takes up what changed settings say.
    func present(name: String, about: String) {
        settings.withLock { $0 = Presentation(name: name, about: about) }
    }

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
