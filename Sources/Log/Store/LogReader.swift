import CLMDB
import Nostr

/// The log as it was when a read began. Only inside of `EventLog.read`.
public struct LogReader: ~Copyable {
    let transaction: Transaction
    let head: Head
    /// What was moved into archive files.
    let archive: ArchiveHead
    /// The archive files; `nil` where they are not read, as when events are looked up for a running relay.
    let store: ArchiveStore?

    init(_ transaction: Transaction, _ store: ArchiveStore? = nil) throws(LogError) {
        let bytes = try LogError.wrapping { () throws(LMDBError) in try transaction.value(.meta, Head.key) }
        guard let bytes else { throw .damaged(seq: nil, reason: "the log's head is missing") }
        let archive = try LogError.wrapping { () throws(LMDBError) in try transaction.value(.meta, ArchiveHead.key) }
        self.init(transaction, try Head(bytes), try archive.map(ArchiveHead.init) ?? ArchiveHead(), store)
    }

    /// The log with a head that may not be stored yet.
    init(_ transaction: Transaction, _ head: Head, _ archive: ArchiveHead, _ store: ArchiveStore? = nil) {
        self.transaction = transaction
        self.head = head
        self.archive = archive
        self.store = store
    }

    /// How many entries there are; also the position of the next.
    public var size: UInt64 { head.frontier.size }
    /// The time of the last entry in microseconds since 1970, 0 before the first.
    public var lastTime: Int64 { head.lastTime }
    /// The Merkle root over all leaves, from the running frontier.
    public var root: Bytes32 { head.frontier.root }
    /// The Merkle tree's right edge.
    public var frontier: Frontier { head.frontier }

    // MARK: - Entries

    /// The leaf of entry `seq`, or `nil` at the end of the log.
    public func leaf(at seq: UInt64) throws(LogError) -> Leaf? {
        guard seq < size else { return nil }
        if let record = try storedRecord(at: seq) { return try Record(record, seq: seq).leaf }
        let block = try presentBlock(of: seq)
        return block.rows[Int(seq - block.first)].leaf
    }

    /// Entry `seq`, checked against its leaf, or `nil` at the end of the log.
    public func entry(at seq: UInt64) throws(LogError) -> Entry? {
        guard seq < size else { return nil }
        guard let record = try storedRecord(at: seq) else { return try presentBlock(of: seq).entry(at: seq) }
        var decoder = EntryDecoder(transaction)
        let view = try decoder.entry(record, seq: seq, checkingCommitment: true)
        return Entry(
            leaf: view.leaf, salt: view.salt, payload: view.payload.map { Array($0) }, document: view.document,
            isServedEvent: view.isServedEvent)
    }

    /// Looks at entries one after the other.
    ///
    /// - Parameters:
    ///   - from: the first position.
    ///   - to: the position to stop before; the log's size if it is `nil` or beyond.
    ///   - checkingCommitments: whether payloads are hashed and compared with their leaves. Without it only checksums
    ///     are
    ///     compared, which find every accident but no forgery, several times as fast.
    ///   - skippingPayload: which entries are wanted without their payload, as if it were erased: that saves most of the
    ///     time.
    ///   - absent: takes entries that are archived and not here, each run of them once, and returns whether to go on
    ///     behind them. Those of them that the log still has are looked at. Without it that is an error.
    ///   - body: returns whether to go on. What it is lent is good inside only.
    /// - Throws: `LogError.damaged` for an entry that is missing or not what was written, `LogError.absent`,
    ///   `LogError.archive`, and whatever `body` throws.
    public func forEachEntry(
        from: UInt64 = 0, to: UInt64? = nil, checkingCommitments: Bool = true,
        skippingPayload: (Leaf) -> Bool = { _ in false }, absent: ((AbsentEntries) throws -> Bool)? = nil,
        _ body: (borrowing EntryView) throws -> Bool
    ) throws {
        var decoder = EntryDecoder(transaction)
        var reported: UInt64 = 0
        try withoutActuallyEscaping(body) { body in
            try forEachRecord(
                from: from, to: to,
                removed: { positions in
                    try forEachArchivedEntry(
                        positions, skippingPayload: skippingPayload, reported: &reported, absent: absent, body)
                },
                { seq, bytes in
                    let record = try Record(bytes, seq: seq)
                    if skippingPayload(record.leaf) { return try body(EntryView(leaf: record.leaf)) }
                    return try body(try decoder.entry(record, checkingCommitment: checkingCommitments))
                })
        }
    }

    /// Looks at stored records one after the other.
    ///
    /// - Parameter removed: takes the positions of entries that were removed because they are archived; returns whether
    ///   to go on.
    func forEachRecord(
        from: UInt64 = 0, to: UInt64? = nil, removed: (Range<UInt64>) throws -> Bool = { _ in true },
        _ body: (UInt64, UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        let end = min(to ?? size, size)
        guard from < end else { return }
        try transaction.withCursor(.entry) { cursor in
            var seq = from
            var item = try LogReader.step(at: seq) { () throws(LMDBError) in try cursor.seek(Key(seq)) }
            while seq < end {
                guard let found = item, found.key.count == 8, found.key.number(at: 0, as: UInt64.self) == seq else {
                    let next = min(end, archive.removedEnd, LogReader.position(item))
                    guard next > seq else { throw LogReader.missing(seq) }
                    guard try removed(seq..<next) else { return }
                    seq = next
                    continue
                }
                // A walk waits for memory more than for anything else.
                ringdown_prefetch_below(found.key.baseAddress, LogReader.prefetchBytes)
                guard try body(seq, found.value) else { return }
                seq += 1
                guard seq < end else { return }
                item = try LogReader.step(at: seq) { () throws(LMDBError) in try cursor.next() }
            }
        }
    }

    /// The position of the entry at a cursor; the last of all where there is none.
    private static func position(_ item: Cursor.Item?) -> UInt64 {
        item.flatMap { $0.key.count == 8 ? $0.key.number(at: 0) : nil } ?? .max
    }

    /// Bytes of what comes next that a walk fetches while an entry is looked at: most records are shorter.
    private static let prefetchBytes = 512

    /// The stored bytes of an entry that must be there.
    ///
    /// - Throws: `LogError.absent` for an entry that was removed because it is archived.
    func record(at seq: UInt64) throws(LogError) -> UnsafeRawBufferPointer {
        guard let record = try storedRecord(at: seq) else { throw .absent(try absence(at: seq)) }
        return record
    }

    /// The stored bytes of an entry; `nil` if it was removed because it is archived.
    func storedRecord(at seq: UInt64) throws(LogError) -> UnsafeRawBufferPointer? {
        let record = try LogReader.step(at: seq) { () throws(LMDBError) in try transaction.value(.entry, Key(seq)) }
        guard record != nil || seq < archive.removedEnd else { throw LogReader.missing(seq) }
        return record
    }

    private static func missing(_ seq: UInt64) -> LogError {
        .damaged(seq: seq, reason: "it is missing, although the log goes on")
    }

    @inline(__always)
    private static func step<R>(at seq: UInt64, _ body: () throws(LMDBError) -> R) throws(LogError) -> R {
        do throws(LMDBError) { return try body() } catch { throw LogError(error, reading: seq) }
    }

    /// The first position whose time is `time` (microseconds since 1970) or later; the log's size if there is none.
    public func firstPosition(atOrAfter time: Int64) throws(LogError) -> UInt64 {
        var low = archive.removedEnd
        var high = size
        while low < high {
            let middle = low + (high - low) / 2
            if try Record(try record(at: middle), seq: middle).leaf.time < time {
                low = middle + 1
            } else {
                high = middle
            }
        }
        guard low == archive.removedEnd, low > 0 else { return low }
        return try firstArchivedPosition(atOrAfter: time, before: low)
    }

    /// Whether the entries end where the head says.
    func checkEnds() throws {
        let last = try transaction.withCursor(.entry) { cursor in
            try cursor.last().map { $0.key.count == 8 ? $0.key.number(at: 0, as: UInt64.self) : .max }
        }
        let stored = UInt64(try transaction.statistics(.entry).ms_entries)
        guard stored + archive.removed == size, last == (size == 0 ? nil : size - 1) else {
            let archived = archive.removed > 0 ? " and \(archive.removed) archived" : ""
            throw LogError.damaged(
                seq: nil, reason: "the log's head counts \(size) entries, but \(stored) are stored\(archived)")
        }
        if size > 0 { _ = try leaf(at: size - 1) }
    }
}
