import CLMDB

/// A named table of an environment.
struct Table: Sendable {
    let handle: MDB_dbi
    let name: String
}

/// A read transaction: ends with its scope. Bytes that it lends are good until then.
struct ReadTransaction: ~Copyable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { mdb_txn_abort(pointer) }

    /// Ends the transaction and keeps the tables that it opened.
    consuming func keepTables() throws(LMDBError) {
        let pointer = pointer
        discard self
        try check(mdb_txn_commit(pointer), "opening the tables")
    }
}

/// The write transaction: committed once, or undone when it is forgotten.
final class WriteTransaction {
    private(set) var pointer: OpaquePointer
    private var isOpen = true
    private let release: () -> Void

    init(_ pointer: OpaquePointer, release: @escaping () -> Void) {
        self.pointer = pointer
        self.release = release
    }

    deinit { abort() }

    func commit() throws(LMDBError) {
        guard isOpen else { return }
        isOpen = false
        defer { release() }
        try check(mdb_txn_commit(pointer), "committing")
    }

    func abort() {
        guard isOpen else { return }
        isOpen = false
        mdb_txn_abort(pointer)
        release()
    }

    /// Opens a table, making it when it is missing.
    func table(_ name: String) throws(LMDBError) -> Table {
        var handle: MDB_dbi = 0
        try check(mdb_dbi_open(pointer, name, CUnsignedInt(MDB_CREATE), &handle), "opening table \(name)")
        return Table(handle: handle, name: name)
    }

    func put(_ table: Table, key: [UInt8], value: [UInt8], append: Bool = false) throws(LMDBError) {
        let flags = append ? CUnsignedInt(MDB_APPEND) : 0
        var code: CInt = 0
        key.withUnsafeBytes { key in
            value.withUnsafeBytes { value in
                var mdbKey = MDB_val(key)
                var mdbValue = MDB_val(value)
                code = mdb_put(pointer, table.handle, &mdbKey, &mdbValue, flags)
            }
        }
        try check(code, "writing to table \(table.name)")
    }

    /// Deletes a key; `false` when it was not there.
    @discardableResult
    func delete(_ table: Table, key: [UInt8]) throws(LMDBError) -> Bool {
        var code: CInt = 0
        key.withUnsafeBytes { key in
            var mdbKey = MDB_val(key)
            code = mdb_del(pointer, table.handle, &mdbKey, nil)
        }
        if code == MDB_NOTFOUND { return false }
        try check(code, "deleting from table \(table.name)")
        return true
    }

    /// Removes every key of a table.
    func clear(_ table: Table) throws(LMDBError) {
        try check(mdb_drop(pointer, table.handle, 0), "clearing table \(table.name)")
    }
}

/// Both kinds of transaction read alike.
protocol Reading: ~Copyable {
    var pointer: OpaquePointer { get }
}

extension ReadTransaction: Reading {}
extension WriteTransaction: Reading {}

extension Reading where Self: ~Copyable {
    /// Opens an existing table; `nil` when there is none.
    borrowing func existingTable(_ name: String) throws(LMDBError) -> Table? {
        var handle: MDB_dbi = 0
        let code = mdb_dbi_open(pointer, name, 0, &handle)
        if code == MDB_NOTFOUND { return nil }
        try check(code, "opening table \(name)")
        return Table(handle: handle, name: name)
    }

    /// Lends the value of a key; `nil` when it is not there.
    borrowing func get<R>(
        _ table: Table, key: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> R
    ) throws -> R? {
        var value = MDB_val()
        var code: CInt = 0
        key.withUnsafeBytes { key in
            var mdbKey = MDB_val(key)
            code = mdb_get(pointer, table.handle, &mdbKey, &value)
        }
        if code == MDB_NOTFOUND { return nil }
        try check(code, "reading from table \(table.name)")
        return try body(UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size))
    }

    borrowing func get(_ table: Table, key: [UInt8]) throws -> [UInt8]? {
        try get(table, key: key) { Array($0) }
    }

    borrowing func contains(_ table: Table, key: [UInt8]) throws -> Bool {
        try get(table, key: key) { _ in true } ?? false
    }

    /// How many keys a table has.
    borrowing func count(_ table: Table) throws(LMDBError) -> Int {
        var statistics = MDB_stat()
        try check(mdb_stat(pointer, table.handle, &statistics), "measuring table \(table.name)")
        return statistics.ms_entries
    }

    borrowing func withCursor<R>(_ table: Table, _ body: (borrowing Cursor) throws -> R) throws -> R {
        try body(try Cursor(pointer, table))
    }
}

extension MDB_val {
    init(_ bytes: UnsafeRawBufferPointer) {
        self.init(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: mv_data, count: mv_size) }
}
