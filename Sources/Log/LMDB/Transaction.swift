import CLMDB

/// One snapshot of the environment, for reading or for writing. Owns the one raw transaction pointer.
///
/// It is handed out by `Environment` for the length of a scope. Bytes it gives point into the map: they are good until
/// the scope ends or, in a write transaction, until the next write, and must not be kept longer.
///
/// `@unchecked Sendable` because a read transaction goes through the environment's pool: it is used by one thread at a
/// time, the one that took it out, and LMDB ties it to no thread (MDB_NOTLS).
final class Transaction: @unchecked Sendable {
    private var handle: OpaquePointer?
    private let tables: TableHandles
    /// Cursors not in use, by table. Kept over renewals of a read transaction.
    private var idle: [[Cursor]] = Array(repeating: [], count: Table.allCases.count)
    /// Counts renewals.
    private var generation: UInt64 = 0

    init(_ handle: OpaquePointer, tables: TableHandles) {
        self.handle = handle
        self.tables = tables
    }

    deinit { abort() }

    // MARK: - Items

    /// The value of `key`, or `nil`.
    func value(_ table: Table, _ key: Key) throws(LMDBError) -> UnsafeRawBufferPointer? {
        let handle = try live()
        return try key.withUnsafeBytes { bytes throws(LMDBError) in
            var key = MDB_val(bytes)
            var value = MDB_val()
            let code = mdb_get(handle, tables[table], &key, &value)
            if code == MDB_NOTFOUND { return nil }
            try LMDBError.check(code, "read \(table.name)")
            return value.bytes
        }
    }

    /// Puts an item, replacing the one of the same key.
    func put(
        _ table: Table, _ key: Key, _ value: UnsafeRawBufferPointer, isLast: Bool = false
    ) throws(LMDBError) {
        let handle = try live()
        try key.withUnsafeBytes { bytes throws(LMDBError) in
            var key = MDB_val(bytes)
            var value = MDB_val(value)
            let flags = isLast ? UInt32(MDB_APPEND) : 0
            try LMDBError.check(mdb_put(handle, tables[table], &key, &value, flags), "write to \(table.name)")
        }
    }

    /// Puts an item, replacing the one of the same key.
    func put(_ table: Table, _ key: Key, _ value: [UInt8], isLast: Bool = false) throws(LMDBError) {
        try value.withUnsafeBufferPointer { value throws(LMDBError) in
            try put(table, key, UnsafeRawBufferPointer(value), isLast: isLast)
        }
    }

    /// Removes an item; `false` if there was none.
    @discardableResult
    func remove(_ table: Table, _ key: Key) throws(LMDBError) -> Bool {
        let handle = try live()
        return try key.withUnsafeBytes { bytes throws(LMDBError) in
            var key = MDB_val(bytes)
            let code = mdb_del(handle, tables[table], &key, nil)
            if code == MDB_NOTFOUND { return false }
            try LMDBError.check(code, "remove from \(table.name)")
            return true
        }
    }

    /// Removes all items of a table.
    func removeAll(_ table: Table) throws(LMDBError) {
        closeCursors()
        try LMDBError.check(mdb_drop(try live(), tables[table], 0), "empty \(table.name)")
    }

    /// Size and shape of a table.
    func statistics(_ table: Table) throws(LMDBError) -> MDB_stat {
        var statistics = MDB_stat()
        try LMDBError.check(mdb_stat(try live(), tables[table], &statistics), "measure \(table.name)")
        return statistics
    }

    /// Lends a cursor. The same table can be walked by several at a time.
    func withCursor<R>(_ table: Table, _ body: (Cursor) throws -> R) throws -> R {
        let cursor: Cursor
        if let idle = idle[table.rawValue].popLast() {
            try idle.renew(try live(), generation: generation)
            cursor = idle
        } else {
            cursor = try Cursor(
                transaction: try live(), table: table, handle: tables[table], generation: generation)
        }
        defer { idle[table.rawValue].append(cursor) }
        return try body(cursor)
    }

    // MARK: - Life

    /// LMDB's number of the snapshot that is read, or of the one that is being written.
    func number() throws(LMDBError) -> UInt64 { UInt64(mdb_txn_id(try live())) }

    /// Makes everything that was written durable and visible, all at once.
    func commit() throws(LMDBError) {
        closeCursors()
        let handle = try live()
        // Whatever it answers, the pointer is gone.
        self.handle = nil
        try LMDBError.check(mdb_txn_commit(handle), "commit")
    }

    /// Forgets everything that was written.
    func abort() {
        closeCursors()
        guard let handle else { return }
        self.handle = nil
        mdb_txn_abort(handle)
    }

    /// Lets go of a read transaction's snapshot, keeping the rest for `renew`.
    func reset() {
        guard let handle else { return }
        mdb_txn_reset(handle)
    }

    /// Takes the latest snapshot after `reset`.
    func renew() throws(LMDBError) {
        try LMDBError.check(mdb_txn_renew(try live()), "begin reading")
        generation += 1
    }

    /// A write transaction's end frees its cursors, so ours have to be closed before.
    private func closeCursors() {
        for table in idle.indices { idle[table].removeAll() }
    }

    @inline(__always)
    private func live() throws(LMDBError) -> OpaquePointer {
        guard let handle else { throw LMDBError(code: MDB_BAD_TXN, action: "use a transaction that has ended") }
        return handle
    }
}

/// LMDB's numbers for the tables.
struct TableHandles: Sendable {
    private let handles: [MDB_dbi]

    /// Opens all tables inside `transaction`; the numbers are good once it has committed.
    init(_ transaction: OpaquePointer, create: Bool) throws(LMDBError) {
        var handles: [MDB_dbi] = []
        for table in Table.allCases {
            var handle = MDB_dbi()
            let flags = create ? UInt32(MDB_CREATE) : 0
            try LMDBError.check(mdb_dbi_open(transaction, table.name, flags, &handle), "open \(table.name)")
            handles.append(handle)
        }
        self.handles = handles
    }

    @inline(__always)
    subscript(table: Table) -> MDB_dbi { handles[table.rawValue] }
}
