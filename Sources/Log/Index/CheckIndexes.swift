import Nostr

extension LogReader {
    /// Compares everything that is derived from the entries with what the entries give.
    ///
    /// - Parameter progress: called now and then with the number of entries done and of all; may throw, to end it.
    /// - Returns: the first difference, in words; `nil` if there is none. `EventLog.rebuildIndexes` mends them all.
    /// - Throws: `LogError.damaged` for a damaged entry.
    public func checkIndexes(progress: ((UInt64, UInt64) throws -> Void)? = nil) throws -> String? {
        do {
            var check = IndexCheck()
            let references = try referenceCounts { view, reader in
                try check.see(view, reader)
                let seq = view.leaf.seq
                if let progress, seq.isMultiple(of: EventLog.progressInterval) { try progress(seq, size) }
            }
            for (checksum, reference) in references.sorted(by: { $0.key < $1.key }) {
                let stored = try transaction.value(.reference, Key(checksum)).flatMap { ContentWriter.Reference($0) }
                guard stored == reference else {
                    throw IndexDifference(
                        """
                        table reference: shared content \(reference.number) has \(stored?.count ?? 0) references \
                        instead of \(reference.count)
                        """)
                }
            }
            try check.finish(references: references.count, self)
            return nil
        } catch let difference as IndexDifference {
            return difference.description
        }
    }
}

/// The first place where a derived table differs from what the entries give.
private struct IndexDifference: Error {
    let description: String
    init(_ description: String) { self.description = description }
}

/// What has been seen while the entries are walked.
///
/// Every key that the entries give is looked up, and counted; if a table has as many keys as were counted, it has no
/// others.
private struct IndexCheck {
    /// What each table should have.
    private var counts = [Int](repeating: 0, count: Table.allCases.count)
    /// The winners so far, by address.
    private var winners: [EventID: IndexRules.Winner] = [:]

    mutating func see(_ view: borrowing EntryView, _ reader: borrowing LogReader) throws {
        let seq = view.leaf.seq
        guard let id = try view.eventID() else { return }
        let isFirst = try view.isServedEvent && !reader.wasServed(id, before: seq)
        try expect(.id, IndexKey.id(id, seq: seq, isServed: isFirst), of: seq, reader)
        guard isFirst, !view.isWithdrawn, let event = try view.event() else { return }
        guard let coordinate = IndexKey.coordinate(event) else {
            try expectPlaces(of: event, view.leaf, reader)
            return
        }
        // The tables have the last winner only, which is known at the end.
        let address = coordinate.withUnsafeBytes { Bytes32($0) }
        let winner = IndexRules.Winner(event, seq: seq)
        guard winners[address].map({ winner.replaces($0) }) ?? true else { return }
        winners[address] = winner
    }

    mutating func finish(references: Int, _ reader: borrowing LogReader) throws {
        counts[Table.reference.rawValue] = references
        for (address, winner) in winners.sorted(by: { $0.value.seq < $1.value.seq }) {
            let key = address.withUnsafeBytes { Key(copying: $0) }
            let stored = try reader.transaction.value(.coordinate, key).flatMap { IndexRules.Winner($0) }
            guard stored == winner else {
                throw IndexDifference(
                    "table coordinate: the current event of an address is entry \(winner.seq), not what it says"
                )
            }
            counts[Table.coordinate.rawValue] += 1
            if let (event, leaf) = try reader.eventAndLeaf(at: winner.seq) {
                try expectPlaces(of: event, leaf, reader)
            }
        }
        counts[Table.id.rawValue] += try reader.archivedIDKeys { _ in }
        for table in Table.allCases where table.isDerived {
            let stored = try reader.transaction.statistics(table).ms_entries
            guard stored == counts[table.rawValue] else {
                throw IndexDifference("table \(table.name) has \(stored) keys instead of \(counts[table.rawValue])")
            }
        }
    }

    /// Deletions stand in the tables that are being checked; that they do is checked with each deletion.
    private mutating func expectPlaces(of event: Event, _ leaf: Leaf, _ reader: borrowing LogReader) throws {
        if try reader.isDeleted(event) { return }
        let value = IndexRules.value(of: event)
        var places: [(Table, Key)] = []
        IndexRules.forEachPlace(of: event, at: leaf.seq, type: leaf.type) { places.append(($0, $1)) }
        for (table, key) in places { try expect(table, key, value, of: leaf.seq, reader) }
    }

    private mutating func expect(
        _ table: Table, _ key: Key, _ value: [UInt8] = [], of seq: UInt64, _ reader: borrowing LogReader
    ) throws {
        guard let stored = try reader.transaction.value(table, key) else {
            throw IndexDifference("table \(table.name) has no key for entry \(seq)")
        }
        guard stored.elementsEqual(value) else {
            throw IndexDifference("table \(table.name) has another value for entry \(seq)")
        }
        counts[table.rawValue] += 1
    }
}
