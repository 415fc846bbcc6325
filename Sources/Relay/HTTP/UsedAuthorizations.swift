import DequeModule
import Nostr
import Synchronization

/// The authorizations that were used: each is good for one request (WIRE.md, "HTTP door").
///
/// One that is being looked at is in use; it is remembered afterwards only when its author was let in, until it is too old
/// to be good again. So strangers, who are refused each time, cannot fill the memory. It ends with the process; what was
/// posted is in the log besides, which is asked for every authorization of a post.
final class UsedAuthorizations: Sendable {
    /// Remembered at once. With more, requests are refused until some are too old: fail closed.
    static let defaultMaximum = 262_144
    /// How long, in seconds: an authorization may be dated ahead by as much as it may be old.
    static let memorySeconds = 2 * (HTTPAuthorization.freshnessSeconds + 1)

    private struct Memory {
        /// Those of requests that have no answer yet: one for each connection at most.
        var inUse: Set<EventID> = []
        var used: Set<EventID> = []
        var order: Deque<(id: EventID, until: Int64)> = []
    }

    private let memory = Mutex(Memory())
    private let maximum: Int

    init(maximum: Int = defaultMaximum) { self.maximum = maximum }

    /// What was found.
    enum Outcome {
        case fresh
        case used
        case full
    }

    /// Takes an authorization into use. What is `fresh` has to be given to `end(_:isKept:now:)` later.
    func begin(_ id: EventID, now: Int64) -> Outcome {
        memory.withLock { memory in
            while let oldest = memory.order.first, oldest.until <= now {
                memory.used.remove(oldest.id)
                memory.order.removeFirst()
            }
            guard !memory.used.contains(id), !memory.inUse.contains(id) else { return .used }
            guard memory.used.count + memory.inUse.count < maximum else { return .full }
            memory.inUse.insert(id)
            return .fresh
        }
    }

    /// Ends a use.
    ///
    /// - Parameter isKept: whether it is remembered.
    func end(_ id: EventID, isKept: Bool, now: Int64) {
        memory.withLock { memory in
            guard memory.inUse.remove(id) != nil, isKept else { return }
            memory.used.insert(id)
            memory.order.append((id, now + UsedAuthorizations.memorySeconds))
        }
    }
}
