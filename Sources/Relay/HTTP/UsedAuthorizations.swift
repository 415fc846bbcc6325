import DequeModule
import Nostr
import Synchronization

/// The authorizations that were used: each is good for one request (WIRE.md, "HTTP door").
///
/// They are remembered until they are too old to be good again. The memory ends with the process; what was posted is in the
/// log besides, which is asked for every event that is posted.
final class UsedAuthorizations: Sendable {
    /// Remembered at once. One more finds the memory full, and the request is refused: fail closed.
    static let maximum = 262_144
    /// How long, in seconds: an authorization may be dated ahead by as much as it may be old.
    private static let memorySeconds = 2 * (HTTPAuthorization.freshnessSeconds + 1)

    private struct Memory {
        var ids: Set<EventID> = []
        var order: Deque<(id: EventID, until: Int64)> = []
    }

    private let memory = Mutex(Memory())

    /// What was found.
    enum Outcome {
        case fresh
        case used
        case full
    }

    func use(_ id: EventID, now: Int64) -> Outcome {
        memory.withLock { memory in
            while let oldest = memory.order.first, oldest.until <= now {
                memory.ids.remove(oldest.id)
                memory.order.removeFirst()
            }
            guard !memory.ids.contains(id) else { return .used }
            guard memory.ids.count < UsedAuthorizations.maximum else { return .full }
            memory.ids.insert(id)
            memory.order.append((id, now + UsedAuthorizations.memorySeconds))
            return .fresh
        }
    }
}
