import DequeModule
import Nostr

/// The ids of signed commands that were already decided, remembered until they are too old to be fresh again, so that
/// nobody can present one twice.
struct SeenIDs: Equatable, Sendable {
    struct Sighting: Equatable, Sendable {
        var id: EventID
        var until: Int64
    }

    /// Ids remembered at once. One more finds the memory full, and the command is refused: fail closed.
    static let maximumIDs = 1_000_000

    private(set) var ids: Set<EventID> = []
    /// Oldest first.
    private(set) var order: Deque<Sighting> = []

    enum Outcome {
        case new
        case seen
        case full
    }

    func contains(_ id: EventID) -> Bool { ids.contains(id) }

    var isFull: Bool { ids.count >= SeenIDs.maximumIDs }

    mutating func forget(before time: Int64) {
        while let oldest = order.first, oldest.until <= time {
            ids.remove(oldest.id)
            order.removeFirst()
        }
    }

    /// Remembers everything for longer, in seconds.
    mutating func prolong(by seconds: Int64) {
        for index in order.indices { order[index].until += seconds * Position.microsecondsPerSecond }
    }

    /// Remembers the id for twice the freshness: it may carry a `created_at` that far ahead of the log's time.
    mutating func see(_ id: EventID, at time: Int64, freshnessSeconds: Int64) -> Outcome {
        forget(before: time)
        guard !isFull else { return ids.contains(id) ? .seen : .full }
        guard ids.insert(id).inserted else { return .seen }
        let memory = 2 * (freshnessSeconds + 1) * Position.microsecondsPerSecond
        order.append(Sighting(id: id, until: time + memory))
        return .new
    }
}

extension SeenIDs: StateCodable {
    func encode(to encoder: inout StateEncoder) {
        encoder.count(order.count)
        for sighting in order {
            encoder.key(sighting.id)
            encoder.number(sighting.until)
        }
    }

    init(from decoder: inout StateDecoder) throws(StateDecodingError) {
        for _ in 0..<(try decoder.count(limit: SeenIDs.maximumIDs)) {
            let sighting = Sighting(id: try decoder.key(), until: try decoder.signed())
            ids.insert(sighting.id)
            order.append(sighting)
        }
    }
}
