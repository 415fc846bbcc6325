import Log
import Nostr

/// Stored events found by reading the whole log: what the indexes have to find (NIP-01, NIP-09, NIP-40).
enum QueryOracle {
    static func scan(_ book: LogBook, _ filter: Filter, now: Int64) -> [EventID] {
        let served = book.facts.filter { $0.isServed && !book.erased.contains($0.seq) }
        // Two announcements of the relay within one second can be one event: it is served once.
        var known: Set<EventID> = []
        let events = served.compactMap(\.event).filter { !$0.kind.isEphemeral && known.insert($0.id).inserted }
        let deletions = served.compactMap { fact in
            fact.event.map { ($0, byRelay: fact.output != nil) }
        }.filter { $0.0.kind == .deletion }
        let winners = winners(events)
        let found = events.filter { event in
            guard filter.matches(event), !isExpired(event, now), winners[address(of: event)] ?? event.id == event.id
            else { return false }
            return event.kind == .deletion || !deletions.contains { deletes($0.0, $0.byRelay, event) }
        }
        let sorted = found.sorted { ($1.createdAt, $0.id) < ($0.createdAt, $1.id) }
        return Array(sorted.map(\.id).prefix(filter.limit ?? .max))
    }

    /// The newest of each address, the lower id at equal times.
    private static func winners(_ events: [Event]) -> [String: EventID] {
        var best: [String: Event] = [:]
        for event in events {
            let address = address(of: event)
            guard let other = best[address] else {
                best[address] = event
                continue
            }
            if (other.createdAt, event.id) < (event.createdAt, other.id) { best[address] = event }
        }
        return best.mapValues(\.id)
    }

    private static func address(of event: Event) -> String {
        if event.kind.isReplaceable { return "\(event.kind.rawValue):\(event.pubkey.hex):" }
        guard event.kind.isAddressable else { return event.id.hex }
        return "\(event.kind.rawValue):\(event.pubkey.hex):\(event.tags.firstValue(of: "d")?.string ?? "")"
    }

    private static func isExpired(_ event: Event, _ now: Int64) -> Bool {
        event.tags.firstValue(of: "expiration").flatMap { Int64($0.string) }.map { $0 <= now } ?? false
    }

    private static func deletes(_ deletion: Event, _ byRelay: Bool, _ event: Event) -> Bool {
        let mayDelete = deletion.pubkey == event.pubkey || byRelay
        if mayDelete, deletion.tags.values(of: "e").contains(Text(event.id.hex)) { return true }
        return deletion.pubkey == event.pubkey && event.createdAt <= deletion.createdAt
            && !event.kind.isRegular && deletion.tags.values(of: "a").contains(Text(address(of: event)))
    }
}
