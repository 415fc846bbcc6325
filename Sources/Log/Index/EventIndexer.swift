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
    /// The id that was looked up last and is not served: whoever asks is about to append it, which asks again.
    private var absentID: EventID?
    /// What was entered lately, in this transaction and in those before it.
    var recent = RecentIDs()

    /// Whether the log has deletions, once that is known.
    private var hasDeletions: Bool?

    /// Enters the event of an entry, and tells what becomes of it.
    mutating func add(
        _ indexing: EventIndexing, _ leaf: Leaf, isWithdrawn: Bool = false, _ reader: borrowing LogReader
    ) throws -> Placed.Outcome {
        let event = indexing.event
        let seq = leaf.seq
        let isDuplicate = try indexing.served && contains(event.id, reader)
        absentID = nil
        let isServed = indexing.served && !isDuplicate
        put(.id, IndexKey.id(event.id, seq: seq, isServed: isServed), of: seq)
        if isServed {
            pendingIDs.insert(event.id)
            recent.insert(event.id)
        }
        guard indexing.served, !isWithdrawn else { return .notServed }
        guard !isDuplicate else { return .duplicate }
        let isDeleted = try isDeleted(event, reader)
        if let coordinate = IndexKey.coordinate(event) {
            // A deleted event keeps its address: nothing older comes back in its place.
            let winner = IndexRules.Winner(event, seq: seq)
            if let current = try reader.winner(coordinate) {
                guard winner.replaces(current) else { return isDeleted ? .deleted : .superseded }
                try remove(current.seq, reader)
            }
            try reader.transaction.put(.coordinate, coordinate, winner.encoded)
        }
        guard !isDeleted else { return .deleted }
        if event.kind == .deletion { try delete(event, leaf, reader) }
        try putPlaces(of: event, leaf, reader.transaction)
        if pendingCount >= EventIndexer.maximumPending { try flush(reader.transaction) }
        return .served
    }

    private mutating func putPlaces(of event: Event, _ leaf: Leaf, _ transaction: Transaction) throws {
        let value = IndexRules.value(of: event)
        // What waits has no value. And what deletions say has to be known at once.
        if value.isEmpty, event.kind != .deletion {
            IndexRules.forEachPlace(of: event, at: leaf.seq, type: leaf.type) { put($0, $1, of: leaf.seq) }
        } else {
            try IndexRules.forEachPlace(of: event, at: leaf.seq, type: leaf.type) { table, key throws(LMDBError) in
                try transaction.put(table, key, value)
            }
        }
    }

    // MARK: - Deletions

    /// See `LogReader.isDeleted`. Costs nothing in a log without deletions.
    mutating func isDeleted(_ event: Event, _ reader: borrowing LogReader) throws -> Bool {
        if hasDeletions == nil { hasDeletions = try reader.hasDeletions() }
        return try hasDeletions == true && reader.isDeleted(event)
    }

    /// Takes what a deletion names out of the tables that queries walk.
    private mutating func delete(_ deletion: Event, _ leaf: Leaf, _ reader: borrowing LogReader) throws {
        hasDeletions = true
        var ids: [EventID] = []
        DeletionTags.forEachID(of: deletion) { ids.append($0) }
        for id in ids {
            if pendingIDs.contains(id) { try flush(reader.transaction) }
            guard let seq = try reader.mentions(of: id, servedOnly: true).first?.seq,
                let event = try reader.event(at: seq), event.kind != .deletion,
                event.pubkey == deletion.pubkey || leaf.type == .relayEvent
            else { continue }
            try remove(seq, reader)
        }
        var coordinates: [Key] = []
        DeletionTags.forEachAddress(of: deletion) { coordinates.append($0) }
        for coordinate in coordinates {
            guard let current = try reader.winner(coordinate), current.createdAt <= deletion.createdAt else { continue }
            try remove(current.seq, reader)
        }
    }

    /// Forgets what is known about the log, because something else has changed it.
    mutating func forget() { hasDeletions = nil }

    /// Whether an event of this id is served, or was until a newer one of the same address took its place.
    ///
    /// - Parameter version: a version of the log in which it was not.
    mutating func contains(
        _ id: EventID, absentFrom version: LogVersion? = nil, _ reader: borrowing LogReader
    ) throws -> Bool {
        if id == absentID { return false }
        if let version, !recent.mayHave(id, since: version) {
            absentID = id
            return false
        }
        if pendingIDs.contains(id) { return true }
        let isServed = try reader.isServed(id)
        absentID = isServed ? nil : id
        return isServed
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

    /// Takes an event that was superseded or deleted out of the tables that queries walk.
    mutating func remove(_ seq: UInt64, _ reader: borrowing LogReader) throws {
        if seq >= pendingFrom { try flush(reader.transaction) }
        guard let (event, leaf) = try reader.eventAndLeaf(at: seq) else { return }
        try IndexRules.forEachPlace(of: event, at: seq, type: leaf.type) { table, key throws(LMDBError) in
            try reader.transaction.remove(table, key)
        }
    }

    private mutating func put(_ table: Table, _ key: Key, of seq: UInt64) {
        pendingFrom = min(pendingFrom, seq)
        pending[table.rawValue].append(key)
        pendingCount += 1
    }
}
