import Nostr

/// A place that a filter's events come from, newest first: the keys below one prefix of a table, or a list.
///
/// It holds no cursor, only the last key it came to, so that it can be kept between transactions; what has been removed
/// meanwhile is passed over, and what is new is left out by its position.
struct ScanSource {
    /// An event by its rank and its entry.
    struct Item: Equatable {
        let rank: IndexKey.Rank
        let seq: UInt64
        /// When it expires, in seconds since 1970.
        let expiration: Int64?

        /// Whether the event is not found any more.
        func isExpired(at now: Int64) -> Bool { expiration.map { $0 <= now } ?? false }
    }

    /// The filter's index.
    let filter: Int
    /// The next event, or `nil` at the end or before `start` was called.
    private(set) var head: Item?
    /// The turn of the scan in which the next event was found, 0 for one that may not be there any more.
    private(set) var turn = 0

    private let place: Place
    /// Events made before this are of no interest.
    private let since: UInt64

    private enum Place {
        case range(Table, prefix: Key, until: UInt64)
        /// In order, the next one last.
        case list([Item])
    }

    /// Whether each event here is there by the table's key alone, as far as the filter goes.
    let decides: Bool

    /// The keys below `prefix`.
    init(filter: Int, table: Table, prefix: Key, since: UInt64, until: UInt64, decides: Bool) {
        self.filter = filter
        self.decides = decides
        self.since = since
        place = .range(table, prefix: prefix, until: until)
    }

    /// These events.
    init(filter: Int, items: [Item]) {
        self.filter = filter
        decides = false
        since = 0
        place = .list(items.sorted { $0.rank.precedes($1.rank) || $0.rank == $1.rank && $0.seq < $1.seq }.reversed())
    }

    /// Finds the first event.
    mutating func start(_ transaction: Transaction, below size: UInt64, turn: Int) throws {
        switch place {
        case .range(let table, let prefix, let until):
            let top = IndexKey.key(prefix, IndexKey.Rank(createdAt: until, idComplement: .max), IndexKey.lastPosition)
            head = try transaction.withCursor(table) { cursor in
                try next(cursor, try cursor.seekBackwards(top), prefix, size)
            }
            self.turn = turn
        case .list(let items): head = items.last
        }
    }

    /// Goes on to the next event.
    mutating func advance(_ transaction: Transaction, below size: UInt64, turn: Int) throws {
        guard let head else { return }
        switch place {
        case .range(let table, let prefix, _):
            let key = IndexKey.key(prefix, head.rank, head.seq)
            self.head = try transaction.withCursor(table) { cursor in
                var item = try cursor.seekBackwards(key)
                // The key itself may have been removed since; then this is already the one before it.
                if let found = item, key.withUnsafeBytes({ $0.hasSameBytes(as: found.key) }) {
                    item = try cursor.previous()
                }
                return try next(cursor, item, prefix, size)
            }
            self.turn = turn
        case .list(let items):
            let next = items.lastIndex(of: head).map { $0 - 1 } ?? -1
            self.head = next >= 0 ? items[next] : nil
        }
    }

    /// Gives nothing more.
    mutating func end() { head = nil }

    /// The event at the cursor or the nearest before it that the log had when the query began.
    private func next(
        _ cursor: Cursor, _ first: Cursor.Item?, _ prefix: Key, _ size: UInt64
    ) throws(LMDBError) -> Item? {
        var item = first
        while let found = item, let (rank, seq) = IndexKey.read(found.key, after: prefix), rank.createdAt >= since {
            if seq < size { return Item(rank: rank, seq: seq, expiration: IndexRules.expiration(found.value)) }
            item = try cursor.previous()
        }
        return nil
    }
}
