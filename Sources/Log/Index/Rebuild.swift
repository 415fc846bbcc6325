import Nostr

extension EventLog {
    /// Drops everything that is derived from the entries, and derives it again, in one transaction: a crash in between
    /// leaves things as they were.
    ///
    /// - Parameter progress: called now and then with the number of entries done and of all.
    public func rebuildIndexes(progress: ((UInt64, UInt64) -> Void)? = nil) throws {
        let batch = try beginBatch()
        try batch.rebuildIndexes(progress: progress)
        try batch.commit()
    }

    /// How many entries lie between two calls of a progress handler.
    static let progressInterval: UInt64 = 4096
}

extension Table {
    /// Whether the table can be made again from the entries.
    var isDerived: Bool {
        switch self {
        case .entry, .content, .tile, .meta, .snapshot: false
        case .reference, .id, .coordinate, .created, .kind, .author, .authorKind, .tag: true
        }
    }
}

extension BatchWriter {
    /// Empties the derived tables and fills them from the entries.
    func rebuildIndexes(progress: ((UInt64, UInt64) -> Void)?) throws {
        // What is archived keeps its ids, which tell that an event is there already.
        var archived: [Key] = []
        try reader.archivedIDKeys { archived.append($0) }
        for table in Table.allCases where table.isDerived { try transaction.removeAll(table) }
        for key in archived { try transaction.put(.id, key, [], isLast: true) }
        forgetIndexes()
        var indexer = EventIndexer()
        let counts = try reader.referenceCounts { [size = head.frontier.size] view, reader in
            if let event = try view.event() {
                let indexing = EventIndexing(event: event, served: view.isServedEvent)
                _ = try indexer.add(indexing, view.leaf, isWithdrawn: view.isWithdrawn, reader)
            }
            let seq = view.leaf.seq
            if let progress, seq.isMultiple(of: EventLog.progressInterval) { progress(seq, size) }
        }
        try indexer.flush(transaction)
        for (checksum, reference) in counts {
            try transaction.put(.reference, Key(checksum), reference.encoded)
        }
    }
}

extension LogReader {
    /// Walks all entries, counting the references to shared contents; what table `reference` should hold, by checksum.
    ///
    /// Of contents with the same checksum only the first is found again, and so only it can have an entry.
    func referenceCounts(
        _ visit: (borrowing EntryView, borrowing LogReader) throws -> Void
    ) throws -> [UInt64: ContentWriter.Reference] {
        var byNumber = [UInt64](repeating: 0, count: Int(head.contents))
        var decoder = EntryDecoder(transaction)
        try forEachRecord { seq, bytes in
            let record = try Record(bytes, seq: seq)
            for number in try PackedReferences.numbers(in: record) {
                guard number < head.contents else {
                    throw LogError.damaged(
                        seq: seq, reason: "it refers to the shared content \(number), which is missing")
                }
                byNumber[Int(number)] += 1
            }
            // Only events are indexed; the payload of any other entry need not be unpacked.
            if record.form.contains(.event) {
                try visit(try decoder.entry(record, checkingCommitment: false), self)
            } else {
                try visit(EntryView(leaf: record.leaf), self)
            }
            return true
        }
        var references: [UInt64: ContentWriter.Reference] = [:]
        let contents = References(transaction)
        for number in 0..<head.contents {
            // What nothing refers to any more is not kept.
            guard let content = try contents.contentIfThere(number) else { continue }
            let checksum = Checksum.xxh64(content, seed: 0)
            guard references[checksum] == nil else { continue }
            references[checksum] = ContentWriter.Reference(number: number, count: byNumber[Int(number)])
        }
        return references
    }
}
