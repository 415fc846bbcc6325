import Nostr

/// Whether a scan has more to give.
public enum ScanProgress: Equatable, Sendable {
    /// Its budget ran out.
    case more
    /// All stored events have been given.
    case done
}

/// The stored events that one subscription asks for: newest first over all its filters, at equal times lowest id first,
/// each once, and for each filter the newest up to its limit (NIP-01).
///
/// A scan takes as many steps as it is told and can then wait for its next turn: between two turns it holds no
/// transaction. Events that are replaced or deleted meanwhile are left out, and events that come meanwhile are not its
/// own: it sees the log as of the size that it was made for, so that they reach the subscription the other way, exactly
/// once.
public struct EventScan: Sendable {
    private var merge: ScanMerge
    /// How many more events each filter may have.
    private var remaining: [Int]

    /// A scan.
    ///
    /// - Parameters:
    ///   - filters: the subscription's filters.
    ///   - size: only entries before this position.
    ///   - defaultLimit: how many events a filter without `limit` gets; `nil` for the maximum.
    ///   - maximumLimit: the most events that any filter gets.
    public init(filters: [Filter], upTo size: UInt64, defaultLimit: Int? = nil, maximumLimit: Int) {
        let remaining = filters.map { min($0.limit ?? defaultLimit ?? maximumLimit, maximumLimit) }
        self.remaining = remaining
        merge = ScanMerge(filters, upTo: size, leavingOut: { remaining[$0] <= 0 })
    }

    /// Goes on.
    ///
    /// - Parameters:
    ///   - reader: the log, now.
    ///   - now: the clock in seconds since 1970; events that have expired by then (NIP-40) are left out.
    ///   - maximumEvents: give at most about this many events before returning.
    ///   - maximumKeys: look at no more than about this many keys of the indexes before returning.
    ///   - emit: takes one event's JSON, which is good inside only.
    /// - Throws: `LogError`, and whatever `emit` throws; the scan must not be resumed after that.
    public mutating func resume(
        _ reader: borrowing LogReader, now: Int64, maximumEvents: Int, maximumKeys: Int,
        emit: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> ScanProgress {
        guard try merge.beginTurn(reader, maximumKeys: maximumKeys) else { return .more }
        var decoder = EntryDecoder(reader.transaction)
        var events = 0
        while let rank = merge.next {
            let group = try merge.nextGroup(reader, now: now) { remaining[$0] > 0 }
            events += try emitMatches(of: group, rank, reader, &decoder, emit)
            if events >= maximumEvents || merge.keys >= maximumKeys { return merge.next == nil ? .done : .more }
        }
        return .done
    }

    /// Gives those of a group that match, in the order of their ids; returns how many.
    private mutating func emitMatches(
        of group: [ScanMerge.Match], _ rank: IndexKey.Rank, _ reader: borrowing LogReader,
        _ decoder: inout EntryDecoder, _ emit: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Int {
        var events: [(event: Event, filters: [Int])] = []
        for seq in Set(group.map(\.seq)) {
            guard let event = try reader.servedEvent(at: seq, rank, &decoder) else { continue }
            let matching = group.compactMap {
                $0.seq == seq && merge.filters[$0.filter].matches(event) ? $0.filter : nil
            }
            if !matching.isEmpty { events.append((event, Array(Set(matching)))) }
        }
        if events.count > 1 { events.sort { $0.event.id < $1.event.id } }
        var count = 0
        for (event, matching) in events {
            let wanting = matching.filter { remaining[$0] > 0 }
            guard !wanting.isEmpty else { continue }
            for filter in wanting { remaining[filter] -= 1 }
            try event.raw.withUnsafeBytes { try emit($0) }
            count += 1
        }
        return count
    }
}
