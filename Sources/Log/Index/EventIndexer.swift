import Nostr

/// Enters events into the derived tables, inside of one write transaction.
///
/// Keys are gathered and written in their order: neighbours then share a descent and a page, and what comes last in a
/// table leaves full pages behind. Ids that wait to be written are known all the same.
struct EventIndexer {
    /// Gathered keys are written when there are this many, besides at the end.
    static let maximumPending = 65_536

    private var pending: [[Key]] = Array(repeating: [], count: Table.allCases.count)
    private var pendingCount = 0
    /// Events that are served by entries whose keys wait.
    private var pendingIDs: Set<EventID> = []
    /// The first entry whose keys wait.
    private var pendingFrom = UInt64.max

    /// Enters the event of entry `seq`, and tells what becomes of it.
    mutating func add(
        _ indexing: EventIndexing, seq: UInt64, _ reader: borrowing LogReader
    ) throws -> Placed.Outcome {
        let event = indexing.event
        let isDuplicate = try indexing.served && contains(event.id, reader)
        let isServed = indexing.served && !isDuplicate
        put(.id, IndexKey.id(event.id, seq: seq, isServed: isServed), of: seq)
        if isServed { pendingIDs.insert(event.id) }
        guard indexing.served else { return .notServed }
        guard !isDuplicate else { return .duplicate }
        if let coordinate = IndexKey.coordinate(event) {
            let winner = IndexRules.Winner(event, seq: seq)
            if let current = try reader.winner(coordinate) {
                guard winner.replaces(current) else { return .superseded }
                try remove(current, reader)
            }
            try reader.transaction.put(.coordinate, coordinate, winner.encoded)
        }
        IndexRules.forEachPlace(of: event, at: seq) { put($0, $1, of: seq) }
        if pendingCount >= EventIndexer.maximumPending { try flush(reader.transaction) }
        return .served
    }

    /// Whether an event of this id is served, or was until a newer one of the same address took its place.
    func contains(_ id: EventID, _ reader: borrowing LogReader) throws -> Bool {
        if pendingIDs.contains(id) { return true }
        return try reader.isServed(id)
    }

    /// Writes what was gathered.
    mutating func flush(_ transaction: Transaction) throws {
        for table in Table.allCases where !pending[table.rawValue].isEmpty {
            pending[table.rawValue].sort()
            try transaction.withCursor(table) { cursor in
                for key in pending[table.rawValue] { try cursor.put(key, UnsafeRawBufferPointer(start: nil, count: 0)) }
            }
            pending[table.rawValue].removeAll(keepingCapacity: true)
        }
        pendingCount = 0
        pendingIDs.removeAll(keepingCapacity: true)
        pendingFrom = .max
    }

    /// Takes an event that was superseded out of the tables that queries walk.
    private mutating func remove(_ winner: IndexRules.Winner, _ reader: borrowing LogReader) throws {
        if winner.seq >= pendingFrom { try flush(reader.transaction) }
        guard let event = try reader.event(at: winner.seq) else { return }
        try IndexRules.forEachPlace(of: event, at: winner.seq) { table, key throws(LMDBError) in
            try reader.transaction.remove(table, key)
        }
    }

    private mutating func put(_ table: Table, _ key: Key, of seq: UInt64) {
        pendingFrom = min(pendingFrom, seq)
        pending[table.rawValue].append(key)
        pendingCount += 1
    }
}
