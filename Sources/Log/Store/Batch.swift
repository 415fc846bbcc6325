import CLMDB
import Nostr

/// Entries that become durable together: one transaction, one fsync.
///
/// Nothing is visible before `commit()`, and a batch that is forgotten leaves no trace. When the map is full in the middle of
/// it, the transaction is undone, the map enlarged, and everything done again; the caller does not notice.
public final class Batch {
    private enum Operation {
        case append(Draft, time: Int64)
        case snapshot(seq: UInt64, bytes: [UInt8])
    }

    /// The part of the map that may be in use before it is enlarged beforehand.
    private static let fullnessBeforeGrowth = 0.75
    private static let growthFactor = 2

    private let log: EventLog
    private var transaction: WriteTransaction
    private var operations: [Operation] = []
    private var head: Head
    private let committedHead: Head

    init(_ log: EventLog) throws {
        try log.health.check()
        let usage = log.environment.usage
        if Double(usage.used) > Double(usage.size) * Batch.fullnessBeforeGrowth {
            try log.environment.setMapSize(usage.size * Batch.growthFactor)
        }
        self.log = log
        transaction = try log.environment.beginWrite()
        head = try transaction.head(log.tables)
        committedHead = head
    }

    /// The position and the time that the next entry gets: no gap, and never earlier than the entry before.
    public func next(now: Int64) -> (seq: UInt64, time: Int64) {
        (head.frontier.size, max(now, head.lastTime))
    }

    /// Appends an entry at the next position.
    ///
    /// - Parameter time: as `next(now:)` gave it; an earlier one counts as the time of the entry before.
    @discardableResult
    public func append(_ draft: Draft, time: Int64) throws -> Placement {
        let operation = Operation.append(draft, time: max(time, head.lastTime))
        operations.append(operation)
        return try growing { try perform(operation) } ?? Placement(seq: head.frontier.size - 1, isServed: false)
    }

    /// Keeps an encoded state as of a position.
    public func storeSnapshot(seq: UInt64, bytes: [UInt8]) throws {
        let operation = Operation.snapshot(seq: seq, bytes: bytes)
        operations.append(operation)
        _ = try growing { try perform(operation) }
    }

    /// Whether an event of that id is served, or will be once this batch is committed.
    public func contains(_ id: EventID) throws -> Bool { try transaction.servedPosition(of: id, log.tables) != nil }

    /// Makes everything durable. After an error nothing is written to this log any more.
    public func commit() throws(LogError) {
        do {
            try transaction.put(log.tables.meta, key: Head.key, value: head.encoded)
            try transaction.commit()
        } catch where error.code == LMDBError.mapFull {
            do {
                try growAndRepeat()
                try commit()
            } catch let error as LogError {
                throw error
            } catch {
                throw fail(error as? LMDBError ?? LMDBError(MDB_PANIC, "\(error)"))
            }
        } catch {
            throw fail(error)
        }
    }

    private func fail(_ error: LMDBError) -> LogError {
        log.health.poison(error)
        transaction.abort()
        return .storage(error)
    }

    /// Forgets everything.
    public func abort() { transaction.abort() }

    // MARK: Doing it, if need be again

    private func growing(_ body: () throws -> Placement?) throws -> Placement? {
        do {
            return try body()
        } catch let error as LMDBError where error.code == LMDBError.mapFull {
            return try growAndRepeat()
        } catch let error as LMDBError {
            throw LogError.storage(error)
        }
    }

    @discardableResult
    private func growAndRepeat() throws -> Placement? {
        while true {
            transaction.abort()
            try log.environment.setMapSize(log.environment.usage.size * Batch.growthFactor)
            transaction = try log.environment.beginWrite()
            head = committedHead
            do {
                var last: Placement?
                for operation in operations { last = try perform(operation) }
                return last
            } catch let error as LMDBError where error.code == LMDBError.mapFull {
                continue
            }
        }
    }

    private func perform(_ operation: Operation) throws -> Placement? {
        switch operation {
        case .append(let draft, let time): return try place(draft, time: time)
        case .snapshot(let seq, let bytes):
            try transaction.put(log.tables.snapshot, key: positionKey(seq), value: bytes)
            return nil
        }
    }

    private func place(_ draft: Draft, time: Int64) throws -> Placement {
        let tables = log.tables
        let seq = head.frontier.size
        let leaf = draft.leaf(seq: seq, time: time).encoded()
        var record = leaf
        record.reserveCapacity(leaf.count + Bytes32.count + draft.payload.count + 16)
        draft.salt.append(to: &record)
        if let shared = PayloadCodec.encode(draft.payload, shape: draft.shape, to: &record) {
            try transaction.retainShared(shared.hash, draft.payload[shared.range], tables.shared)
        }
        try transaction.put(tables.entry, key: positionKey(seq), value: record, append: true)
        var frontier = head.frontier
        try frontier.append(MerkleTree.leafHash(leaf)) { level, root in
            guard level.isMultiple(of: TileKey.levels) else { return }
            try transaction.put(tables.tile, key: TileKey.key(level, seq >> UInt64(level)), value: root.bytes)
        }
        var isServed = false
        if let indexing = draft.event {
            isServed = try transaction.index(indexing.event, served: indexing.served, at: seq, tables)
        }
        head.frontier = frontier
        head.lastTime = time
        return Placement(seq: seq, isServed: isServed)
    }
}

extension EventLog {
    /// Begins a batch. One thread at a time; a second one waits.
    ///
    /// - Throws: `LogError.poisoned` after a failed commit.
    public func beginBatch() throws -> Batch {
        do {
            return try Batch(self)
        } catch let error as LMDBError {
            throw LogError.storage(error)
        }
    }
}

/// Where the roots of complete subtrees are kept: those of 256, 65,536, … leaves. The rest is recomputed from leaves.
enum TileKey {
    /// Levels of one tile (C2SP tlog-tiles).
    static let levels = 8

    static func key(_ level: Int, _ index: UInt64) -> [UInt8] { [UInt8(level)] + positionKey(index) }
}

extension Reading where Self: ~Copyable {
    borrowing func head(_ tables: Tables) throws -> Head {
        guard let head = try get(tables.meta, key: Head.key, { try Head(decoding: $0) }) else {
            throw LogError.damagedTable("table meta: the head is missing")
        }
        return head
    }
}
