import Nostr

@testable import Log

/// What queries should find, by the rules of NIP-01, NIP-09 and NIP-40 written down once more: from the entries only,
/// all of them, each time.
struct PlainSearch {
    /// The events that are found as long as they have not expired, with the entries that serve them.
    let found: [EventID: (event: Event, seq: UInt64)]

    init(_ log: EventLog) throws {
        let served = try PlainSearch.served(log)
        var current: [String: (event: Event, seq: UInt64)] = [:]
        for (event, seq, _) in served {
            let address = PlainSearch.address(event)
            if let other = current[address]?.event {
                let isNewer = event.createdAt > other.createdAt
                guard isNewer || event.createdAt == other.createdAt && event.id < other.id else { continue }
            }
            current[address] = (event, seq)
        }
        let deletions = served.filter { $0.event.kind == .deletion }
        var found: [EventID: (event: Event, seq: UInt64)] = [:]
        for item in current.values {
            let isDeleted = deletions.contains { PlainSearch.deletes($0.event, $0.type, item.event) }
            if !isDeleted { found[item.event.id] = item }
        }
        self.found = found
    }

    /// The events by the first entries that serve them.
    private static func served(_ log: EventLog) throws -> [(event: Event, seq: UInt64, type: EntryType)] {
        var served: [(event: Event, seq: UInt64, type: EntryType)] = []
        var seen: Set<EventID> = []
        try log.read { reader in
            try reader.forEachEntry { view in
                guard view.isServedEvent, let document = view.documentBytes else { return true }
                let event = try Event.parse(document, limits: .stored)
                guard seen.insert(event.id).inserted, !event.kind.isEphemeral else { return true }
                served.append((event, view.leaf.seq, view.leaf.type))
                return true
            }
        }
        return served
    }

    private static func address(_ event: Event) -> String {
        if event.kind.isReplaceable { return "\(event.kind):\(event.pubkey.hex):" }
        guard event.kind.isAddressable else { return event.id.hex }
        return "\(event.kind):\(event.pubkey.hex):\(event.tags.firstValue(of: "d")?.string ?? "")"
    }

    private static func deletes(_ deletion: Event, _ type: EntryType, _ event: Event) -> Bool {
        guard event.kind != .deletion else { return false }
        let isOwn = deletion.pubkey == event.pubkey
        return deletion.tags.contains { tag in
            guard tag.count > 1 else { return false }
            if tag.isNamed("e") { return tag[1].string == event.id.hex && (isOwn || type == .relayEvent) }
            return tag.isNamed("a") && isOwn && tag[1].string == address(event)
                && event.createdAt <= deletion.createdAt
        }
    }

    /// All events that are found at that time, newest first.
    func events(now: Int64 = 0) -> [Event] {
        found.values.map(\.event).filter { $0.expiration.map { $0 > now } ?? true }
            .sorted { ($1.createdAt, $0.id) < ($0.createdAt, $1.id) }
    }

    /// The ids of those that these filters ask for.
    func answer(_ filters: [Filter], maximumLimit: Int, now: Int64 = 0) -> [EventID] {
        let sorted = events(now: now)
        var found: Set<EventID> = []
        for filter in filters {
            let matching = sorted.filter { filter.matches($0) }.prefix(min(filter.limit ?? maximumLimit, maximumLimit))
            found.formUnion(matching.map(\.id))
        }
        return sorted.map(\.id).filter { found.contains($0) }
    }
}
