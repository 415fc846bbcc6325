import CLMDB

/// A place in a table, within a transaction. What it lends is good until the transaction ends or writes.
struct Cursor: ~Copyable {
    /// A key and its value, lent.
    struct Item {
        let key: UnsafeRawBufferPointer
        let value: UnsafeRawBufferPointer
    }

    private let pointer: OpaquePointer
    private let name: String

    init(_ transaction: OpaquePointer, _ table: Table) throws(LMDBError) {
        var cursor: OpaquePointer?
        let code = mdb_cursor_open(transaction, table.handle, &cursor)
        guard code == MDB_SUCCESS, let cursor else { throw LMDBError(code, "opening a cursor on \(table.name)") }
        pointer = cursor
        name = table.name
    }

    deinit { mdb_cursor_close(pointer) }

    private borrowing func move(_ operation: MDB_cursor_op, to start: [UInt8] = []) throws(LMDBError) -> Item? {
        var value = MDB_val()
        var found = MDB_val()
        var code: CInt = 0
        start.withUnsafeBytes { bytes in
            var key = MDB_val(bytes)
            code = mdb_cursor_get(pointer, &key, &value, operation)
            found = key
        }
        if code == MDB_NOTFOUND { return nil }
        try check(code, "reading from table \(name)")
        return Item(key: found.bytes, value: value.bytes)
    }

    borrowing func first() throws(LMDBError) -> Item? { try move(MDB_FIRST) }
    borrowing func last() throws(LMDBError) -> Item? { try move(MDB_LAST) }
    borrowing func next() throws(LMDBError) -> Item? { try move(MDB_NEXT) }
    borrowing func previous() throws(LMDBError) -> Item? { try move(MDB_PREV) }

    /// The first item whose key is not below `key`.
    borrowing func seek(_ key: [UInt8]) throws(LMDBError) -> Item? { try move(MDB_SET_RANGE, to: key) }

    /// The last item whose key is below `key`.
    borrowing func seek(below key: [UInt8]) throws(LMDBError) -> Item? {
        if try seek(key) == nil { return try last() }
        return try previous()
    }
}
