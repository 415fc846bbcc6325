import Nostr

/// What a list of filters leads to through the indexes, merged: newest first, at equal times by the first bytes of the
/// ids. Between two turns it holds no transaction.
struct ScanMerge: Sendable {
    /// An event that may match a filter.
    struct Match {
        let seq: UInt64
        /// The filter's index.
        let filter: Int
        /// Whether it does match, for certain.
        let isCertain: Bool
    }

    let filters: [Filter]
    /// Only entries before this position.
    let size: UInt64
    /// How many keys were looked at in this turn.
    private(set) var keys = 0

    /// Counts the turns.
    private var turn = 0
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

    /// - Parameters:
    ///   - ignoringLimit: whether filters with a limit of 0 are answered all the same.
    ///   - isLeftOut: whether nothing is wanted of a filter, by its index.
    init(
        _ filters: [Filter], upTo size: UInt64, ignoringLimit: Bool = false,
        leavingOut isLeftOut: (Int) -> Bool = { _ in false }
    ) {
        self.filters = filters
        self.size = size
        for index in filters.indices.reversed() where !isLeftOut(index) {
            let filter = filters[index]
            let plan = QueryPlan(filter, ignoringLimit: ignoringLimit)
            switch plan {
            case .nothing: break
            case .ids(let ids):
                pending.append(.idsEnd(filter: index))
                pending.append(contentsOf: ids.map { .id($0, filter: index) })
            case .ranges(let table, let prefixes):
                let since = UInt64(clamping: filter.since ?? 0)
                let until = UInt64(clamping: filter.until ?? .max)
                let decides = plan.decides(filter)
                for prefix in prefixes {
                    let source = ScanSource(
                        filter: index, table: table, prefix: prefix, since: since, until: until, decides: decides)
                    pending.append(.source(source))
                }
            }
        }
    }

    /// The rank of the next events; `nil` at the end.
    var next: IndexKey.Rank? { heap.first?.rank }

    /// Begins a turn: looks up where events begin, as far as that has not been done. `false` if that took all of the
    /// turn.
    mutating func beginTurn(_ reader: borrowing LogReader, maximumKeys: Int) throws -> Bool {
        turn += 1
        keys = 0
        while let next = pending.popLast() {
            try look(up: next, reader)
            keys += 1
            if keys >= maximumKeys { return false }
        }
        return true
    }

    private mutating func look(up pending: Pending, _ reader: borrowing LogReader) throws {
        switch pending {
        case .id(let id, let filter):
            guard let seq = try reader.mentions(of: id, servedOnly: true).first?.seq, seq < size,
                let event = try reader.event(at: seq)
            else { return }
            let item = ScanSource.Item(rank: IndexKey.Rank(event), seq: seq, expiration: nil)
            found[filter, default: []].append(item)
        case .idsEnd(let filter):
            guard let items = found.removeValue(forKey: filter) else { return }
            try start(ScanSource(filter: filter, items: items), reader)
        case .source(let source): try start(source, reader)
        }
    }

    private mutating func start(_ source: ScanSource, _ reader: borrowing LogReader) throws {
        var source = source
        try source.start(reader.transaction, below: size, turn: turn)
        heap.insert(source)
    }

    /// The next events, which is usually one: all of the same rank, with the filters through which they were found.
    /// Those that have expired or are not there any more are left out.
    mutating func nextGroup(
        _ reader: borrowing LogReader, now: Int64, isOfInterest: (_ filter: Int) -> Bool = { _ in true }
    ) throws -> [Match] {
        guard let rank = next else { return [] }
        var group: [Match] = []
        while let item = heap.first, item.rank == rank {
            keys += 1
            try heap.updateFirst { source in
                guard isOfInterest(source.filter) else { return source.end() }
                // What was found in an earlier turn, or by its id, need not be there any more.
                let current = source.turn == turn ? item : try reader.place(of: rank, item.seq)
                if let current, !current.isExpired(at: now) {
                    group.append(Match(seq: item.seq, filter: source.filter, isCertain: source.decides))
                }
                try source.advance(reader.transaction, below: size, turn: turn)
            }
        }
        return group
    }
}
