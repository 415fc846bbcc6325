import Nostr

/// One state of the log, for the length of a scope.
public struct LogReader: ~Copyable {
    let transaction: ReadTransaction
    let tables: Tables
    private let head: Head

    init(_ transaction: consuming ReadTransaction, _ tables: Tables) throws {
        head = try transaction.head(tables)
        self.transaction = transaction
        self.tables = tables
    }

    /// How many entries there are.
    public var size: UInt64 { head.frontier.size }
    /// The time of the last entry, in microseconds since 1970; 0 for an empty log.
    public var lastTime: Int64 { head.lastTime }
    /// The root of the tree.
    public var root: Bytes32 { head.frontier.root }
    /// The tree's right edge, as it is stored.
    public var frontier: Frontier { head.frontier }

    /// The entry at a position, checked against its leaf; `nil` beyond the end.
    public func entry(at seq: UInt64) throws -> Entry? {
        guard seq < size else { return nil }
        let entry = try record(seq) { view in
            Entry(leaf: view.leaf, salt: view.salt, payload: view.payload.map { Array($0) }, document: view.document)
        }
        guard let entry else { throw LogError.damaged(seq, "the entry is missing") }
        return entry
    }

    private func record<R>(_ seq: UInt64, _ body: (EntryView) throws -> R) throws -> R? {
        try transaction.record(seq, tables, body)
    }

    /// The leaf at a position; `nil` beyond the end.
    public func leaf(at seq: UInt64) throws -> Leaf? {
        guard seq < size else { return nil }
        let leaf = try transaction.get(tables.entry, key: positionKey(seq)) { try Leaf(decoding: $0, at: seq) }
        guard let leaf else { throw LogError.damaged(seq, "the entry is missing") }
        return leaf
    }

    /// Lends every entry from `start` up to `end` in order, until `body` returns `false`.
    ///
    /// - Parameter checkingCommitments: whether each payload is hashed and compared with its commitment.
    /// - Throws: `LogError.damaged` for an entry that is missing or damaged, and whatever `body` throws.
    public func forEachEntry(
        from start: UInt64 = 0, to end: UInt64? = nil, checkingCommitments: Bool = true,
        _ body: (EntryView) throws -> Bool
    ) throws {
        let end = min(end ?? size, size)
        guard start < end else { return }
        var records = RecordReader(checksCommitments: checkingCommitments)
        try transaction.withCursor(tables.entry) { cursor in
            var item = try cursor.seek(positionKey(start))
            for seq in start..<end {
                guard let current = item, current.key.count == 8,
                    UInt64(bigEndian: current.key.loadUnaligned(as: UInt64.self)) == seq
                else { throw LogError.damaged(seq, "the entry is missing") }
                let goOn = try records.read(
                    current.value, at: seq, content: { try transaction.appendShared($0, tables.shared, to: &$1) }, body)
                guard goOn else { return }
                item = try cursor.next()
            }
        }
    }

    /// How many records the entry table holds: the same as `size`, unless somebody added to it by hand.
    public var storedEntries: UInt64 { get throws { UInt64(try transaction.count(tables.entry)) } }

    /// The first position whose time is not before `time`; the size when there is none.
    public func firstPosition(atOrAfter time: Int64) throws -> UInt64 {
        var low: UInt64 = 0
        var high = size
        while low < high {
            let middle = low + (high - low) / 2
            guard let leaf = try leaf(at: middle) else { break }
            if leaf.time < time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The latest stored state as of a position at or before `seq`.
    public func latestSnapshot(atOrBefore seq: UInt64) throws -> (seq: UInt64, bytes: [UInt8])? {
        guard seq < .max else { return nil }
        return try transaction.withCursor(tables.snapshot) { cursor in
            guard let item = try cursor.seek(below: positionKey(seq + 1)), item.key.count == 8 else { return nil }
            return (UInt64(bigEndian: item.key.loadUnaligned(as: UInt64.self)), Array(item.value))
        }
    }

    /// The stored root of a complete subtree of 256, 65,536, … leaves; `nil` where none is stored.
    public func tile(level: Int, index: UInt64) throws -> Bytes32? {
        try transaction.get(tables.tile, key: TileKey.key(level, index)) { $0.count == Bytes32.count ? Bytes32($0) : nil }
            ?? nil
    }

    /// Proves that an entry is in the tree of the first `size` entries.
    public func inclusionProof(of seq: UInt64, size: UInt64) throws -> InclusionProof {
        try InclusionProof(index: seq, size: size) { level, index in try subtreeRoot(level, index) }
    }

    private func subtreeRoot(_ level: Int, _ index: UInt64) throws -> Bytes32 {
        if level > 0, level.isMultiple(of: TileKey.levels), let root = try tile(level: level, index: index) { return root }
        guard level > 0 else {
            guard let leaf = try leaf(at: index) else { throw LogError.damaged(index, "the entry is missing") }
            return leaf.hash
        }
        return MerkleTree.nodeHash(try subtreeRoot(level - 1, index * 2), try subtreeRoot(level - 1, index * 2 + 1))
    }

    /// The positions at which an event of that id was logged, in order.
    public func positions(of id: EventID) throws -> [UInt64] { try transaction.positions(of: id, tables) }

    /// Whether an event of that id is served to subscribers.
    public func isServed(_ id: EventID) throws -> Bool { try transaction.servedPosition(of: id, tables) != nil }
}
