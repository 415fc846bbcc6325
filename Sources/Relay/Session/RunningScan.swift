import Log
import Nostr

/// What one connection asked the log for, on its way a slice at a time: the stored events of a REQ, a COUNT, or the events
/// of a reconciliation.
final class RunningScan {
    /// Events sent before others get their turn.
    static let eventsPerSlice = 100
    /// Index keys looked at before others get their turn.
    static let keysPerSlice = 500

    /// What it is for.
    enum Purpose {
        case events(LiveSubscription)
        case count(SubscriptionID)
        case reconciliation(SubscriptionID, limit: Int)
    }

    /// What a slice came to.
    enum Progress {
        case more
        case sent
        case counted(Int, isCapped: Bool)
        case gathered(NegentropySet)
        case tooBig(limit: Int)
    }

    let purpose: Purpose
    /// Whether the shard has heard of everything that it may find.
    var mayBegin = false
    /// How much time all slices took so far.
    private(set) var spent = Duration.zero

    // One of them is there. Each is changed in its place: what it found would be copied otherwise.
    private var events: EventScan?
    private var counting: EventCount?
    private var listing: IdentityScan?
    /// Whether a listing that was cut is as long as the client asked for.
    private var mayBeCut = false

    /// The stored events of a subscription.
    init(subscription: LiveSubscription, filters: [Filter], upTo size: UInt64, maximumLimit: Int) {
        purpose = .events(subscription)
        events = EventScan(filters: filters, upTo: size, maximumLimit: maximumLimit)
    }

    /// How many events there are.
    init(counting filters: [Filter], for id: SubscriptionID, upTo size: UInt64) {
        purpose = .count(id)
        counting = EventCount(filters: filters, upTo: size)
    }

    /// The events to reconcile: the newest up to the filter's limit, if it has one, and no more than `maximum`.
    init(gathering filter: Filter, for id: SubscriptionID, upTo size: UInt64, maximum: Int) {
        purpose = .reconciliation(id, limit: maximum)
        mayBeCut = filter.limit.map { $0 <= maximum } ?? false
        listing = IdentityScan(filters: [filter], upTo: size, maximum: min(filter.limit ?? maximum, maximum))
    }

    /// Goes on for a slice.
    ///
    /// - Parameter now: the relay's clock in seconds.
    func resume(_ log: EventLog, now: Int64, emit: (UnsafeRawBufferPointer) -> Void) throws -> Progress {
        let start = ContinuousClock.now
        defer { spent += ContinuousClock.now - start }
        guard try step(log, now, emit) == .done else { return .more }
        switch purpose {
        case .events: return .sent
        case .count: return .counted(counting?.count ?? 0, isCapped: counting?.isCapped ?? false)
        case .reconciliation(_, let limit):
            guard let listing, !listing.hasTooMany || mayBeCut else { return .tooBig(limit: limit) }
            return .gathered(NegentropySet(newestFirst: listing.identities))
        }
    }

    private func step(_ log: EventLog, _ now: Int64, _ emit: (UnsafeRawBufferPointer) -> Void) throws -> ScanProgress {
        return try log.read { reader in
            if counting != nil {
                return try counting?.resume(reader, now: now, maximumKeys: RunningScan.keysPerSlice) ?? .done
            }
            if listing != nil {
                return try listing?.resume(reader, now: now, maximumKeys: RunningScan.keysPerSlice) ?? .done
            }
            return try events?.resume(
                reader, now: now, maximumEvents: RunningScan.eventsPerSlice, maximumKeys: RunningScan.keysPerSlice,
                emit: emit) ?? .done
        }
    }
}

extension RunningScan {
    /// Tells the machine what a slice came to that was the last one.
    func finish(
        _ progress: Progress, _ limits: ServerLimits, _ machine: inout SessionMachine,
        _ surroundings: SessionMachine.Surroundings, _ effects: inout [SessionMachine.Effect]
    ) {
        switch (purpose, progress) {
        case (.events(let subscription), .sent): machine.queryDone(subscription.id, surroundings, &effects)
        case (.count(let id), .counted(let count, let isCapped)):
            machine.counted(id, count, isCapped: isCapped, surroundings, &effects)
        case (.reconciliation(let id, _), .gathered(let set)): machine.gathered(id, set, surroundings, &effects)
        case (_, .tooBig(let limit)): machine.queryFailed(.tooBig(limit: limit), surroundings, &effects)
        default: machine.queryFailed(.slow(seconds: limits.querySeconds), surroundings, &effects)
        }
    }
}
