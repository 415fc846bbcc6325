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
/// transaction. Events that are replaced meanwhile are left out, and events that come meanwhile are not its own: it
/// sees the log as of the size that it was made for, so that they reach the subscription the other way, exactly once.
public struct EventScan: Sendable {
    private let filters: [Filter]
    private let size: UInt64
    /// How many more events each filter may have.
    private var remaining: [Int]

    /// Ids and ranges that have not been looked up yet, the next one last.
    private var pending: [Pending] = []
    /// What the ids of each filter led to.
    private var found: [Int: [ScanSource.Item]] = [:]
    private var heap = ScanHeap()

    private enum Pending: Sendable {
        case id(EventID, filter: Int)
        case idsEnd(filter: Int)
        case source(ScanSource)
    }

    /// A scan.
    ///
    /// - Parameters:
    ///   - filters: the subscription's filters.
    ///   - size: only entries before this position.
    ///   - defaultLimit: how many events a filter without `limit` gets; `nil` for the maximum.
    ///   - maximumLimit: the most events that any filter gets.
    public init(filters: [Filter], upTo size: UInt64, defaultLimit: Int? = nil, maximumLimit: Int) {
        self.filters = filters
        self.size = size
        remaining = filters.map { min($0.limit ?? defaultLimit ?? maximumLimit, maximumLimit) }
        for index in filters.indices.reversed() where remaining[index] > 0 {
            let filter = filters[index]
            switch QueryPlan(filter) {
            case .nothing: break
            case .ids(let ids):
                pending.append(.idsEnd(filter: index))
                pending.append(contentsOf: ids.map { .id($0, filter: index) })
            case .ranges(let table, let prefixes):
                let since = UInt64(clamping: filter.since ?? 0)
                let until = UInt64(clamping: filter.until ?? .max)
                for prefix in prefixes {
                    let source = ScanSource(
                        filter: index, table: table, prefix: prefix, since: since, until: until)
                    pending.append(.source(source))
                }
            }
        }
    }

    /// Goes on.
    ///
    /// - Parameters:
    ///   - reader: the log, now.
    ///   - maximumEvents: give at most about this many events before returning.
    ///   - maximumKeys: look at no more than about this many keys of the indexes before returning.
    ///   - emit: takes one event's JSON, which is good inside only.
    /// - Throws: `LogError`, and whatever `emit` throws; the scan must not be resumed after that.
    public mutating func resume(
        _ reader: borrowing LogReader, maximumEvents: Int, maximumKeys: Int,
        emit: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> ScanProgress {
        var decoder = EntryDecoder(reader.transaction)
        var keys = 0
        while let next = pending.popLast() {
            try look(up: next, reader)
            keys += 1
            if keys >= maximumKeys { return .more }
        }
        var events = 0
        while let rank = heap.first?.rank {
            let group = try nextGroup(rank, reader, &keys)
            events += try emitMatches(of: group, rank, reader, &decoder, emit)
            if events >= maximumEvents || keys >= maximumKeys { return heap.isEmpty ? .done : .more }
        }
        return .done
    }

    private mutating func look(up pending: Pending, _ reader: borrowing LogReader) throws {
        switch pending {
        case .id(let id, let filter):
            guard let seq = try reader.mentions(of: id, servedOnly: true).first?.seq, seq < size,
                let event = try reader.event(at: seq)
            else { return }
            found[filter, default: []].append(ScanSource.Item(rank: IndexKey.Rank(event), seq: seq))
        case .idsEnd(let filter):
            guard let items = found.removeValue(forKey: filter) else { return }
            try start(ScanSource(filter: filter, items: items), reader)
        case .source(let source): try start(source, reader)
        }
    }

    private mutating func start(_ source: ScanSource, _ reader: borrowing LogReader) throws {
        var source = source
        try source.start(reader.transaction, below: size)
        heap.insert(source)
    }

    /// The next events, which is usually one: all of the same rank, with the filters through which they were found.
    private mutating func nextGroup(
        _ rank: IndexKey.Rank, _ reader: borrowing LogReader, _ keys: inout Int
    ) throws -> [(seq: UInt64, filter: Int)] {
        var group: [(seq: UInt64, filter: Int)] = []
        while let item = heap.first, item.rank == rank {
            keys += 1
            var isOfInterest = true
            try heap.updateFirst { source in
                isOfInterest = remaining[source.filter] > 0
                if isOfInterest {
                    group.append((item.seq, source.filter))
                    try source.advance(reader.transaction, below: size)
                } else {
                    source.end()
                }
            }
        }
        return group
    }

    /// Gives those of a group that match, in the order of their ids; returns how many.
    private mutating func emitMatches(
        of group: [(seq: UInt64, filter: Int)], _ rank: IndexKey.Rank, _ reader: borrowing LogReader,
        _ decoder: inout EntryDecoder, _ emit: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Int {
        var events: [(event: Event, filters: [Int])] = []
        for seq in Set(group.map(\.seq)) {
            guard let event = try reader.servedEvent(at: seq, rank, &decoder), try reader.isCurrent(event, seq) else {
                continue
            }
            let matching = group.compactMap { $0.seq == seq && filters[$0.filter].matches(event) ? $0.filter : nil }
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
