import Nostr

/// One live subscription of one connection.
final class LiveSubscription {
    let session: WebSocketSession
    let id: SubscriptionID
    let filters: [Filter]
    /// `["EVENT",<id>,`: what stands before every event of this subscription.
    let head: [UInt8]
    /// Events up to here came, or come, as stored events. Also what was delivered last, so that an event that two filters
    /// match is sent once.
    var seen: UInt64

    init(session: WebSocketSession, id: SubscriptionID, filters: [Filter], stored: UInt64) {
        self.session = session
        self.id = id
        self.filters = filters
        head = RelayMessage.eventHead(id)
        seen = stored
    }
}

/// The subscriptions of one shard, indexed by what they match: an event asks who wants it, instead of every subscription
/// asking whether it is meant.
struct LiveIndex {
    /// A filter, filed under its most selective field.
    private struct Entry {
        let subscription: LiveSubscription
        let filter: Filter
    }

    private enum Place: Hashable {
        case id(EventID)
        /// The hash of a letter and a value: every hit is checked against the filter, so a collision does no harm.
        case tag(Int)
        case author(PublicKey)
        case kind(Kind)
        case everything
    }

    private var entries: [Place: [Entry]] = [:]
    private(set) var count = 0

    private static func places(of filter: Filter) -> [Place] {
        if let ids = filter.ids { return ids.map { .id($0) } }
        if let tag = filter.tags.min(by: { $0.values.count < $1.values.count }) {
            return tag.values.map { value in value.utf8.withUnsafeBytes { .tag(tagHash(tag.letter, $0)) } }
        }
        if let authors = filter.authors { return authors.map { .author($0) } }
        if let kinds = filter.kinds { return kinds.map { .kind($0) } }
        return [.everything]
    }

    private static func tagHash(_ letter: UInt8, _ value: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(letter)
        hasher.combine(bytes: value)
        return hasher.finalize()
    }

    mutating func insert(_ subscription: LiveSubscription) {
        count += 1
        for filter in subscription.filters {
            for place in Set(LiveIndex.places(of: filter)) {
                entries[place, default: []].append(Entry(subscription: subscription, filter: filter))
            }
        }
    }

    mutating func remove(_ subscription: LiveSubscription) {
        count -= 1
        for filter in subscription.filters {
            for place in Set(LiveIndex.places(of: filter)) {
                entries[place]?.removeAll { $0.subscription === subscription }
                if entries[place]?.isEmpty == true { entries[place] = nil }
            }
        }
    }

    /// Calls `body` once with every subscription that wants the event and has not had it.
    func forEach(wanting event: Event, at seq: UInt64, _ body: (LiveSubscription) -> Void) {
        func offer(_ place: Place) {
            guard let entries = entries[place] else { return }
            for entry in entries where entry.subscription.seen < seq && entry.filter.matches(event) {
                entry.subscription.seen = seq
                body(entry.subscription)
            }
        }
        guard !entries.isEmpty else { return }
        offer(.id(event.id))
        event.tags.forEachSingleLetter { letter, value in offer(.tag(LiveIndex.tagHash(letter, value))) }
        offer(.author(event.pubkey))
        offer(.kind(event.kind))
        offer(.everything)
    }
}
