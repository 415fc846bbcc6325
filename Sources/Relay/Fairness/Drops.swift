import Nostr
import Synchronization

/// What is turned away before the log: counted at once in the metrics, and handed to the log in bundles.
///
/// However much is turned away, at most one submission about it waits in the sequencer's queue: a flood of refusals must
/// not be what fills the queue for those who are not refused.
final class Drops: Sendable {
    /// What gathered since it was last taken.
    struct Bundle: Sendable {
        var counts: [String: UInt64] = [:]
        /// Whose signatures were good, as far as they are of use in a log.
        var keys: [PublicKey] = []
    }

    /// Keys of one bundle.
    private static let maximumKeys = 64

    private struct State {
        var bundle = Bundle()
        var isAnnounced = false
    }

    private let state = Mutex(State())
    private let metrics: Metrics
    private let announce: @Sendable (Drops) -> Bool

    /// - Parameter announce: lets the sequencer know that there is something to take; `false` when that was not possible.
    init(metrics: Metrics, announce: @escaping @Sendable (Drops) -> Bool) {
        self.metrics = metrics
        self.announce = announce
    }

    /// Counts one more, under the name that the log and the metrics have for the reason.
    ///
    /// - Parameter key: who it was, where a signature was good.
    func count(_ reason: String, key: PublicKey? = nil) {
        metrics.count(dropped: reason)
        let isFirst = state.withLock { state in
            state.bundle.counts[reason, default: 0] += 1
            if let key, state.bundle.keys.count < Drops.maximumKeys, !state.bundle.keys.contains(key) {
                state.bundle.keys.append(key)
            }
            defer { state.isAnnounced = true }
            return !state.isAnnounced
        }
        guard isFirst, !announce(self) else { return }
        // The next one tries again; nothing is lost.
        state.withLock { $0.isAnnounced = false }
    }

    /// Takes what gathered.
    func take() -> Bundle {
        state.withLock { state in
            defer { state = State() }
            return state.bundle
        }
    }
}
