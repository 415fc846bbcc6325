import Nostr

/// One attempt at a batch: everything that it writes, inside of one write transaction.
final class BatchWriter {
    private(set) var head: Head
    /// What was moved into archive files.
    var archive: ArchiveHead
    var contents: ContentWriter
    private(set) var isCommitted = false

    let transaction: Transaction
    var indexer = EventIndexer()
    /// The record being made; kept for its memory.
    private var record: [UInt8] = []

    init(
        _ transaction: Transaction, contents: consuming ContentWriter, recent: consuming RecentIDs
    ) throws(LogError) {
        self.transaction = transaction
        self.contents = contents
        recent.begin(try LogError.wrapping { () throws(LMDBError) in try transaction.number() })
        indexer.recent = recent
        let reader = try LogReader(transaction)
        head = reader.head
        archive = reader.archive
    }

    /// The log with what has been written so far.
    var reader: LogReader { LogReader(transaction, head, archive) }

    /// Whether the draft can be an entry.
    static func check(_ draft: Draft) throws(LogError) {
        guard draft.payload.count <= PayloadLimits.maximumBytes else {
            throw .misuse("a payload of \(draft.payload.count) bytes; at most \(PayloadLimits.maximumBytes) are stored")
        }
        guard draft.flags & ~LeafFlags.known == 0 else { throw .misuse("the flags \(draft.flags) are unknown") }
        if let document = draft.shape.document {
            guard document.lowerBound >= 0, document.upperBound <= draft.payload.count else {
                throw .misuse("the document is outside of the payload")
            }
        }
        guard let indexing = draft.event else { return }
        let isSame = draft.shape.document.map { document in
            draft.payload.withUnsafeBytes { payload in
                indexing.event.raw.withUnsafeBytes { $0.hasSameBytes(as: payload.slice(document)) }
            }
        }
        guard isSame == true else {
            throw .misuse("the event to be indexed is not the payload's document")
        }
    }

    func append(_ draft: Draft, time: Int64) throws -> Placed {
        let leaf = draft.leaf(seq: head.frontier.size, time: time)
        try writeRecord(leaf, draft)
        return try add(leaf, draft.event)
    }

    /// Adds a leaf, whose record has been written, to the tree, and its event to the indexes.
    func add(_ leaf: Leaf, _ event: EventIndexing?, isWithdrawn: Bool = false) throws -> Placed {
        let hash = leaf.hash
        try head.frontier.append(hash) { height, index, root throws(LMDBError) in
            guard height.isMultiple(of: Tile.height) else { return }
            let key = Tile.key(level: height / Tile.height, index: index)
            try root.withUnsafeBytes { root throws(LMDBError) in try transaction.put(.tile, key, root) }
        }
        head.lastTime = leaf.time
        let outcome = try event.map { try indexer.add($0, leaf, isWithdrawn: isWithdrawn, reader) } ?? .notServed
        return Placed(seq: leaf.seq, leafHash: hash, outcome: outcome)
    }

    func writeRecord(_ leaf: Leaf, _ draft: Draft, isWithdrawn: Bool = false) throws {
        var form: Record.Form = isWithdrawn ? .withdrawn : []
        if let event = draft.event {
            form.insert(.event)
            if event.served { form.insert(.served) }
            try contents.learn(event.event.pubkey, transaction, &head)
        }
        let edges = draft.shape.document.map { (before: $0.lowerBound, after: draft.payload.count - $0.upperBound) }
        try draft.payload.withUnsafeBytes { payload in
            let shared = try share(draft.shape.shared, payload)
            Record.begin(leaf, salt: draft.salt, form: form, documentEdges: edges, in: &record)
            var packer = PayloadPacker(payload, shared: shared, keys: contents.keys)
            packer.pack(to: &record)
            for key in packer.keysUsed { contents.count(key) }
        }
        Record.finish(&record, seq: leaf.seq)
        try transaction.put(.entry, Key(leaf.seq), record, isLast: true)
    }

    private func share(
        _ range: Range<Int>?, _ payload: UnsafeRawBufferPointer
    ) throws -> (range: Range<Int>, content: UInt64)? {
        guard let range, range.count >= SharedContent.minimumBytes, range.lowerBound >= 0,
            range.upperBound <= payload.count
        else { return nil }
        return try contents.share(payload.slice(range), transaction, &head).map { (range, $0.content) }
    }

    func storeSnapshot(seq: UInt64, bytes: [UInt8]) throws {
        try Snapshots.store(seq: seq, bytes: bytes, transaction)
    }

    func thinSnapshots(keeping count: Int, bytes: Int, droppingPinned: Bool) throws {
        let pinned = archive.end > 0 && !droppingPinned ? archive.snapshot : nil
        try Snapshots.thin(keeping: count, bytes: bytes, pinned: pinned, transaction)
    }

    /// See `Batch.contains`.
    func contains(_ id: EventID, absentFrom version: LogVersion?) throws -> Bool {
        try indexer.contains(id, absentFrom: version, reader)
    }

    /// See `Batch.isDeleted`.
    func isDeleted(_ event: Event) throws -> Bool { try indexer.isDeleted(event, reader) }

    /// Forgets what was known about the derived tables, because they were changed from outside of the indexer.
    func forgetIndexes() { indexer = EventIndexer() }

    func commit() throws {
        try indexer.flush(transaction)
        try contents.flush(transaction)
        try transaction.put(.meta, Head.key, head.encoded)
        try transaction.commit()
        isCommitted = true
    }

    func abort() { transaction.abort() }
}
