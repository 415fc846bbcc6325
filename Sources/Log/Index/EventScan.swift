import Nostr

/// The stored events of one REQ: newest first over all its filters, each event once, each filter up to its limit.
///
/// It is resumed a slice at a time and holds no transaction in between, so a slow reader keeps nothing open. What is
/// appended after it began is not seen; what is replaced meanwhile is left out.
public struct EventScan {
    /// Whether there is more to come.
    public enum Progress: Sendable {
        case more
        case done
    }

    /// One stretch of an index on its way backwards, or the ids that a filter names.
    private struct Stream {
        let filter: Int
        let table: Table?
        let prefix: [UInt8]
        /// Everything at or above this was seen.
        var bound: IndexSuffix
        /// The next hit, once it was looked up.
        var head: IndexSuffix?
        var isExhausted = false
        /// Hits that were looked up beforehand, lowest first.
        var list: [IndexSuffix] = []
    }

    private let filters: [Filter]
    private let size: UInt64
    private var remaining: [Int]
    private var streams: [Stream] = []
    /// Streams whose first hit was not looked up yet.
    private var unplanned: [Int]
    private var unsought = 0

    /// A scan of the first `size` entries.
    public init(filters: [Filter], upTo size: UInt64, maximumLimit: Int) {
        self.filters = filters
        self.size = size
        remaining = filters.map { min($0.limit ?? maximumLimit, maximumLimit) }
        unplanned = filters.indices.reversed()
    }

    /// Sends the next slice.
    ///
    /// - Parameters:
    ///   - maximumEvents: events to send at most before it returns.
    ///   - maximumKeys: index keys to look at, at most.
    ///   - emit: gets the JSON of each event, lent.
    /// - Throws: `LogError` for a damaged log.
    public mutating func resume(
        _ reader: borrowing LogReader, maximumEvents: Int, maximumKeys: Int, emit: (UnsafeRawBufferPointer) -> Void
    ) throws -> Progress {
        var budget = Budget(events: maximumEvents, keys: maximumKeys)
        var walker = Walker()
        while let filter = unplanned.last {
            guard budget.hasKeys else { return .more }
            try plan(filter, reader, &budget)
            unplanned.removeLast()
        }
        while unsought < streams.count {
            guard budget.hasKeys else { return .more }
            try advance(unsought, reader, &walker, &budget)
            unsought += 1
        }
        while let hit = nextHit() {
            guard budget.hasKeys, budget.events > 0 else { return .more }
            try take(hit, reader, &walker, &budget, emit)
        }
        return .done
    }

    private struct Budget {
        var events: Int
        var keys: Int
        var hasKeys: Bool { keys > 0 }
    }

    private mutating func plan(_ index: Int, _ reader: borrowing LogReader, _ budget: inout Budget) throws {
        guard remaining[index] > 0 else { return }
        let filter = filters[index]
        let start = IndexSuffix(above: UInt64(clamping: filter.until ?? .max))
        guard filter.until.map({ $0 >= 0 }) ?? true else { return }
        switch QueryPlan(filter, reader.tables.index) {
        case .ids(let ids):
            var stream = Stream(filter: index, table: nil, prefix: [], bound: start)
            for id in ids {
                budget.keys -= 1
                if let suffix = try reader.indexedSuffix(of: id), suffix < start { stream.list.append(suffix) }
            }
            stream.list.sort()
            streams.append(stream)
        case .ranges(let table, let prefixes):
            for prefix in prefixes {
                streams.append(Stream(filter: index, table: table, prefix: prefix, bound: start))
            }
        }
    }

    /// The newest hit of all streams; `nil` when none is left.
    private func nextHit() -> IndexSuffix? {
        var best: IndexSuffix?
        for stream in streams {
            if let head = stream.head, best.map({ $0 < head }) ?? true { best = head }
        }
        return best
    }

    private mutating func take(
        _ hit: IndexSuffix, _ reader: borrowing LogReader, _ walker: inout Walker, _ budget: inout Budget,
        _ emit: (UnsafeRawBufferPointer) -> Void
    ) throws {
        let indices = streams.indices.filter { streams[$0].head == hit }
        if hit.seq < size {
            let wanted = Set(indices.map { streams[$0].filter }).filter { remaining[$0] > 0 }
            try reader.withEvent(at: hit.seq) { event, json in
                let matching = wanted.filter { filters[$0].matches(event) }
                guard !matching.isEmpty else { return }
                emit(json)
                budget.events -= 1
                for filter in matching { remaining[filter] -= 1 }
            }
        }
        for index in indices { try advance(index, reader, &walker, &budget) }
    }

    /// Moves a stream to its next hit.
    private mutating func advance(
        _ index: Int, _ reader: borrowing LogReader, _ walker: inout Walker, _ budget: inout Budget
    ) throws {
        budget.keys -= 1
        if let head = streams[index].head { streams[index].bound = head }
        streams[index].head = nil
        guard remaining[streams[index].filter] > 0 else { return }
        guard let table = streams[index].table else {
            streams[index].head = streams[index].list.popLast()
            return
        }
        let stream = streams[index]
        let item = try walker.step(index, below: stream.bound.key(behind: stream.prefix), table, reader)
        guard let item, item.key.count == stream.prefix.count + IndexSuffix.size,
            item.key.starts(with: stream.prefix),
            let suffix = IndexSuffix(UnsafeRawBufferPointer(rebasing: item.key[stream.prefix.count...])),
            suffix.createdAt >= UInt64(clamping: filters[stream.filter].since ?? 0)
        else { return }
        streams[index].head = suffix
    }

    /// One cursor that remembers whose hit it stands on: a stream that goes on alone needs no search.
    private struct Walker {
        private final class Box {
            let cursor: Cursor
            init(_ cursor: consuming Cursor) { self.cursor = cursor }
        }

        private var box: Box?
        private var handle: UInt32?
        private var owner: Int?

        mutating func step(
            _ stream: Int, below key: [UInt8], _ table: Table, _ reader: borrowing LogReader
        ) throws -> Cursor.Item? {
            if handle != table.handle {
                box = Box(try Cursor(reader.transaction.pointer, table))
                handle = table.handle
                owner = nil
            }
            defer { owner = stream }
            return owner == stream ? try box?.cursor.previous() : try box?.cursor.seek(below: key)
        }
    }
}

extension LogReader {
    /// Lends the event of an entry; does nothing when the entry holds none that can be read.
    func withEvent(at seq: UInt64, _ body: (Event, UnsafeRawBufferPointer) throws -> Void) throws {
        _ = try transaction.record(seq, tables) { view in
            guard let payload = view.payload, let document = view.document else { return }
            let json = UnsafeRawBufferPointer(rebasing: payload[document])
            guard let event = try? Event.parse(json, limits: .stored) else { return }
            try body(event, json)
        }
    }

    /// Where an event stands in the indexes; `nil` when subscribers may not have it (any more).
    func indexedSuffix(of id: EventID) throws -> IndexSuffix? {
        guard let seq = try transaction.servedPosition(of: id, tables),
            let event = try transaction.storedEvent(at: seq, tables)
        else { return nil }
        let suffix = IndexSuffix(event, at: seq)
        return try transaction.contains(tables.index.created, key: suffix.key(behind: [])) ? suffix : nil
    }
}
