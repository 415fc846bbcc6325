import CLMDB

/// A place in one table. Owns the one raw cursor pointer; lent out by `Transaction.withCursor`.
///
/// What it points to stays valid until the transaction ends or, in a write transaction, writes.
final class Cursor {
    typealias Item = (key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)

    private let handle: OpaquePointer
    private let table: Table
    /// The transaction's generation that the cursor was last renewed for.
    private var generation: UInt64

    init(transaction: OpaquePointer, table: Table, handle: MDB_dbi, generation: UInt64) throws(LMDBError) {
        var cursor: OpaquePointer?
        try LMDBError.check(mdb_cursor_open(transaction, handle, &cursor), "open a cursor on \(table.name)")
        guard let cursor else { throw LMDBError(code: MDB_PANIC, action: "open a cursor on \(table.name)") }
        self.handle = cursor
        self.table = table
        self.generation = generation
    }

    deinit { mdb_cursor_close(handle) }

    /// Makes a cursor of a read transaction good for its next snapshot.
    func renew(_ transaction: OpaquePointer, generation: UInt64) throws(LMDBError) {
        guard generation != self.generation else { return }
        try LMDBError.check(mdb_cursor_renew(transaction, handle), "renew a cursor on \(table.name)")
        self.generation = generation
    }

    func first() throws(LMDBError) -> Item? { try move(MDB_FIRST) }
    func last() throws(LMDBError) -> Item? { try move(MDB_LAST) }
    func next() throws(LMDBError) -> Item? { try move(MDB_NEXT) }
    func previous() throws(LMDBError) -> Item? { try move(MDB_PREV) }

    /// The first item whose key is `key` or comes after it.
    func seek(_ key: Key) throws(LMDBError) -> Item? {
        try key.withUnsafeBytes { bytes throws(LMDBError) in
            var key = MDB_val(bytes)
            var value = MDB_val()
            return try item(mdb_cursor_get(handle, &key, &value, MDB_SET_RANGE), key, value)
        }
    }

    /// The last item whose key is `key` or comes before it.
    func seekBackwards(_ key: Key) throws(LMDBError) -> Item? {
        guard let found = try seek(key) else { return try last() }
        if key.withUnsafeBytes({ $0.hasSameBytes(as: found.key) }) { return found }
        return try previous()
    }

    /// Puts an item, keeping the place, so that neighbours are written without a new descent. `isLast` promises that
    /// the key comes after all others, which leaves the pages full.
    func put(_ key: Key, _ value: UnsafeRawBufferPointer, isLast: Bool = false) throws(LMDBError) {
        try key.withUnsafeBytes { bytes throws(LMDBError) in
            var key = MDB_val(bytes)
            var value = MDB_val(value)
            let flags = isLast ? UInt32(MDB_APPEND) : 0
            try LMDBError.check(mdb_cursor_put(handle, &key, &value, flags), "write to \(table.name)")
        }
    }

    private func move(_ operation: MDB_cursor_op) throws(LMDBError) -> Item? {
        var key = MDB_val()
        var value = MDB_val()
        return try item(mdb_cursor_get(handle, &key, &value, operation), key, value)
    }

    @inline(__always)
    private func item(_ code: Int32, _ key: MDB_val, _ value: MDB_val) throws(LMDBError) -> Item? {
        // At an empty table's end LMDB says EINVAL for some moves instead of MDB_NOTFOUND; none of ours does.
        if code == MDB_NOTFOUND { return nil }
        try LMDBError.check(code, "read \(table.name)")
        return (key.bytes, value.bytes)
    }
}

extension MDB_val {
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer) {
        self.init(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }

    @inline(__always)
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: mv_data, count: mv_size) }
}
