import Synchronization

/// How far the log was told of: its size after the last commit whose news every shard has been handed.
///
/// A commit is durable some microseconds before the connections hear of it. What a shard reads of the log in between it
/// must not say yet: the same commit may have ended the session that asks.
final class Horizon: Sendable {
    private let size: Atomic<UInt64>

    /// - Parameter size: of the log that nobody has asked about yet.
    init(size: UInt64) { self.size = Atomic(size) }

    /// Every shard was handed what entries before this position mean.
    var told: UInt64 { size.load(ordering: .sequentiallyConsistent) }

    /// News were handed to all shards; called by one thread alone.
    func advance(to new: UInt64) {
        if new > told { size.store(new, ordering: .sequentiallyConsistent) }
    }
}

/// What waits in a shard until it has heard of commits that the log has already.
///
/// Any thread hands news over; everything else belongs to the shard's event loop.
final class Hearing: Sendable {
    /// News that were handed over, and those that were worked off.
    private let handed = Atomic<Int>(0)
    private let heard = Atomic<Int>(0)
    private let isAwaited = Atomic<Bool>(false)

    /// Whether news are on their way to the shard.
    var isBehind: Bool {
        heard.load(ordering: .relaxed) != handed.load(ordering: .sequentiallyConsistent)
    }

    func hand() { handed.add(1, ordering: .sequentiallyConsistent) }

    func hear() { heard.add(1, ordering: .relaxed) }

    /// Wants the shard to be woken when the horizon moves.
    func await() { isAwaited.store(true, ordering: .sequentiallyConsistent) }

    /// Whether the shard wants to be woken; asked once the horizon has moved.
    func isToBeWoken() -> Bool { isAwaited.exchange(false, ordering: .sequentiallyConsistent) }
}
