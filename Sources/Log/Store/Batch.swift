import Nostr

/// Entries that become durable together: one transaction, one fsync. Until `commit` nobody else sees any of it.
///
/// It belongs to one thread from `beginBatch` to `commit` or `abort`; letting go of it aborts. When the map turns out
/// to be too small, everything that was asked for so far is undone, the map grows, and all of it is done again; callers
/// do not notice.
public final class Batch {
    let log: EventLog
    /// `nil` once the batch has ended.
    private var writer: BatchWriter?
    private var operations: [BatchOperation] = []

    init(_ log: EventLog) throws(LogError) {
        guard log.mode == .readWrite else { throw .openedForReading(directory: log.directory) }
        try log.writer.withLock { state throws(LogError) in
            if let failure = state.failure { throw failure }
            guard !state.isWriting else { throw .misuse("a batch is open already") }
            state.isWriting = true
        }
        self.log = log
        do throws(LogError) {
            try log.growMapAhead()
            try begin()
        } catch {
            end()
            throw error
        }
    }

    deinit { abort() }

    /// How many entries there are, with those of this batch.
    public var size: UInt64 { writer?.head.frontier.size ?? 0 }
    /// The time of the last entry, in microseconds since 1970.
    public var lastTime: Int64 { writer?.head.lastTime ?? 0 }
    /// The Merkle root over all leaves, with those of this batch.
    public var root: Bytes32 { writer?.head.frontier.root ?? MerkleTree.emptyRoot }

    /// The position and the time that the next entry gets: positions have no gaps, and time never goes back.
    ///
    /// - Parameter now: the clock, in microseconds since 1970.
    public func next(now: Int64) -> (seq: UInt64, time: Int64) {
        (size, max(now, lastTime))
    }

    /// Appends an entry.
    ///
    /// - Parameter time: microseconds since 1970, not before the last entry's: see `next`.
    /// - Throws: `LogError.misuse` for a draft that cannot be an entry, which leaves the batch as it was. Any other
    ///   error ends the batch and the writing of this log.
    @discardableResult
    public func append(_ draft: Draft, time: Int64) throws -> Placed {
        guard time >= lastTime else {
            throw LogError.misuse("the time of an entry (\(time)) is before that of the last (\(lastTime))")
        }
        try BatchWriter.check(draft)
        return try perform(.append(draft, time: time)) { writer in try writer.append(draft, time: time) }
    }

    /// Keeps a reduced state, as a cache: the state after entry `seq` was applied. Replaces one of the same position.
    public func storeSnapshot(seq: UInt64, bytes: [UInt8]) throws {
        guard seq < size else { throw LogError.misuse("a snapshot at \(seq) of a log of \(size) entries") }
        try perform(.storeSnapshot(seq: seq, bytes: bytes)) { try $0.storeSnapshot(seq: seq, bytes: bytes) }
    }

    /// Removes snapshots until at most `count` are left, of at most `bytes` in all, spread evenly over the log. The latest
    /// stays, however large it is, and so does the one from which a replay goes on where archived entries end; with a
    /// `count` of 0 no other does.
    ///
    /// - Parameter droppingPinned: whether the one behind archived entries may go, too: it holds what is being erased.
    public func thinSnapshots(keeping count: Int, bytes: Int = .max, droppingPinned: Bool = false) throws {
        try perform(.thinSnapshots(keeping: count, bytes: bytes, droppingPinned: droppingPinned)) {
            try $0.thinSnapshots(keeping: count, bytes: bytes, droppingPinned: droppingPinned)
        }
    }

    /// Empties the derived tables and fills them from the entries.
    func rebuildIndexes(progress: ((UInt64, UInt64) -> Void)?) throws {
        try perform(.rebuildIndexes) { try $0.rebuildIndexes(progress: progress) }
    }

    /// Makes everything durable, and visible to everybody, at once. The batch has ended then.
    ///
    /// - Throws: an error after which this log accepts nothing any more: end the process, start again, verify, then
    ///   serve (AUDIT.md, "LMDB"). Nothing of the batch is visible.
    public func commit() throws(LogError) {
        guard writer != nil else { throw Batch.ended }
        defer { end() }
        // An empty batch has nothing that would be worth an fsync.
        guard !operations.isEmpty else { return }
        do throws(LogError) {
            while true {
                do {
                    try writer?.commit()
                    return
                } catch let error as LMDBError where error.isMapFull {
                    try redo()
                } catch {
                    throw LogError(any: error)
                }
            }
        } catch {
            fail(error)
            throw error
        }
    }

    /// Forgets everything. The batch has ended then.
    public func abort() {
        guard writer != nil else { return }
        end()
    }

    // MARK: - Doing it, if need be again

    /// Asks for something that changes nothing.
    func look<R>(_ body: (BatchWriter) throws -> R) throws -> R {
        guard let writer else { throw Batch.ended }
        do {
            return try body(writer)
        } catch let error as LMDBError {
            throw LogError(error)
        }
    }

    /// Does something, and remembers it.
    @discardableResult
    func perform<R>(_ operation: BatchOperation, _ body: (BatchWriter) throws -> R) throws -> R {
        guard let writer else { throw Batch.ended }
        do {
            let result = try body(writer)
            operations.append(operation)
            return result
        } catch let error as LMDBError where error.isMapFull {
            do throws(LogError) {
                try redo()
            } catch {
                fail(error)
                end()
                throw error
            }
            return try perform(operation, body)
        } catch {
            // Whatever was written halfway must not become visible, and what failed once is not tried again.
            let failure = LogError(any: error)
            fail(failure)
            end()
            throw failure
        }
    }

    /// Undoes everything, makes the map larger, and does everything again.
    private func redo() throws(LogError) {
        while true {
            writer?.abort()
            writer = nil
            try log.growMap()
            try begin()
            guard let writer else { throw Batch.ended }
            do {
                for operation in operations { try writer.perform(operation) }
                return
            } catch let error as LMDBError where error.isMapFull {
                continue
            } catch {
                throw LogError(any: error)
            }
        }
    }

    private func begin() throws(LogError) {
        let transaction = try LogError.wrapping { () throws(LMDBError) in try log.environment.beginWriting() }
        // Taken out rather than copied: it can hold tens of thousands of keys.
        let (contents, recent) = log.writer.withLock { state in
            defer {
                state.contents = ContentWriter()
                state.recent = RecentIDs()
            }
            return (state.contents, state.recent)
        }
        writer = try BatchWriter(transaction, contents: contents, recent: recent)
    }

    // MARK: - The end

    private static let ended = LogError.misuse("the batch has ended")

    private func fail(_ error: LogError) {
        log.writer.withLock { if $0.failure == nil { $0.failure = error } }
    }

    private func end() {
        // What an aborted batch learnt is about contents that were never stored.
        let isStored = writer?.isCommitted == true || operations.isEmpty
        let contents = isStored ? writer?.contents : nil
        // These may be too many: then an id that was never stored is looked for once more.
        let recent = writer?.indexer.recent
        writer?.abort()
        writer = nil
        log.writer.withLock {
            $0.isWriting = false
            $0.contents = contents ?? ContentWriter()
            $0.recent = recent ?? RecentIDs()
        }
    }
}
