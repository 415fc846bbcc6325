import Nostr
import Reducers

/// Counts what was turned away before the log, and says when the count is worth an entry: at once when the last one is a
/// while ago, else at most once a minute, so that no flood can fill the disk.
struct DroppedTally {
    /// Microseconds between two entries.
    static let interval: Int64 = 60 * Position.microsecondsPerSecond

    private var counts: [String: UInt64] = [:]
    private var keys: [PublicKey] = []
    private var lastFlush: Int64?

    mutating func count(_ reason: String, _ amount: UInt64 = 1) {
        guard counts[reason] != nil || counts.count < Dropped.maximumReasons else { return }
        counts[reason, default: 0] += amount
    }

    /// Names somebody of whom something was turned away, and whose signature was good.
    mutating func add(_ key: PublicKey) {
        if keys.count < Dropped.maximumKeys, !keys.contains(key) { keys.append(key) }
    }

    /// When the next entry is due; `nil` when there is nothing to say.
    var due: Int64? {
        counts.isEmpty ? nil : lastFlush.map { $0 + DroppedTally.interval } ?? 0
    }

    /// Takes the counts when they are due.
    mutating func take(at time: Int64) -> Dropped? {
        guard let due, due <= time else { return nil }
        defer {
            counts.removeAll()
            keys.removeAll()
            lastFlush = time
        }
        return Dropped(counts: counts, keys: keys)
    }
}
