import CLMDB
import Nostr

/// The log as it was when a read began. Only inside of `EventLog.read`.
public struct LogReader: ~Copyable {
    let transaction: Transaction
    let head: Head

    init(_ transaction: Transaction) throws(LogError) {
        let bytes = try LogError.wrapping { () throws(LMDBError) in try transaction.value(.meta, Head.key) }
        guard let bytes else { throw .damaged(seq: nil, reason: "the log's head is missing") }
        self.init(transaction, try Head(bytes))
    }

    /// The log with a head that may not be stored yet.
    init(_ transaction: Transaction, _ head: Head) {
        self.transaction = transaction
        self.head = head
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
        return try Record(try record(at: seq), seq: seq).leaf
    }

    /// Entry `seq`, checked against its leaf, or `nil` at the end of the log.
    public func entry(at seq: UInt64) throws(LogError) -> Entry? {
        guard seq < size else { return nil }
        var decoder = EntryDecoder(transaction)
        let view = try decoder.entry(try record(at: seq), seq: seq, checkingCommitment: true)
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
    ///   - body: returns whether to go on. What it is lent is good inside only.
    /// - Throws: `LogError.damaged` for an entry that is missing or not what was written, and whatever `body` throws.
    public func forEachEntry(
        from: UInt64 = 0, to: UInt64? = nil, checkingCommitments: Bool = true,
        skippingPayload: (Leaf) -> Bool = { _ in false }, _ body: (borrowing EntryView) throws -> Bool
    ) throws {
        var decoder = EntryDecoder(transaction)
        try forEachRecord(from: from, to: to) { seq, bytes in
            let record = try Record(bytes, seq: seq)
            if skippingPayload(record.leaf) { return try body(EntryView(leaf: record.leaf)) }
            return try body(try decoder.entry(record, checkingCommitment: checkingCommitments))
        }
    }

    /// Looks at stored records one after the other.
    func forEachRecord(
        from: UInt64 = 0, to: UInt64? = nil, _ body: (UInt64, UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        let end = min(to ?? size, size)
        guard from < end else { return }
        try transaction.withCursor(.entry) { cursor in
            var seq = from
            var item = try LogReader.step(at: seq) { () throws(LMDBError) in try cursor.seek(Key(seq)) }
            while seq < end {
                guard let found = item, found.key.count == 8, found.key.number(at: 0, as: UInt64.self) == seq else {
                    throw LogReader.missing(seq)
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

    /// Bytes of what comes next that a walk fetches while an entry is looked at: most records are shorter.
    private static let prefetchBytes = 512

    /// The stored bytes of an entry that must be there.
    func record(at seq: UInt64) throws(LogError) -> UnsafeRawBufferPointer {
        let record = try LogReader.step(at: seq) { () throws(LMDBError) in try transaction.value(.entry, Key(seq)) }
        guard let record else { throw LogReader.missing(seq) }
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
        var low: UInt64 = 0
        var high = size
        while low < high {
            let middle = low + (high - low) / 2
            if try Record(try record(at: middle), seq: middle).leaf.time < time {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// Whether the entries end where the head says.
    func checkEnds() throws {
        let last = try transaction.withCursor(.entry) { cursor in
            try cursor.last().map { $0.key.count == 8 ? $0.key.number(at: 0, as: UInt64.self) : .max }
        }
        let stored = UInt64(try transaction.statistics(.entry).ms_entries)
        guard stored == size, last == (size == 0 ? nil : size - 1) else {
            throw LogError.damaged(
                seq: nil, reason: "the log's head counts \(size) entries, but \(stored) are stored")
        }
        if size > 0 { _ = try leaf(at: size - 1) }
    }
}
