import CLMDB
import Glibc
import Synchronization

/// An open LMDB environment. Owns the one raw environment pointer.
///
/// LMDB's handle may be used from all threads as long as the map is not changed under a reader (`gate` sees to that)
/// and a write transaction stays on its thread (`Batch` asks for that); the idle transactions are behind a mutex. Hence
/// `@unchecked Sendable`.
final class Environment: @unchecked Sendable {
    /// The directory, as it was given.
    let directory: String
    let isReadOnly: Bool
    /// Whether readers and writers see each other through the lock file. Not so where it cannot be written.
    let usesLockFile: Bool

    private let options: Options
    /// `nil` once it could not be opened again. Changes only while nobody reads or writes.
    private var opened: OpaquePointer?
    private let gate = ReadGate()
    /// Read transactions between two uses.
    private let idle = Mutex<[Transaction]>([])
    /// Set before the environment is shared, and when it is opened again.
    private var tables: TableHandles?

    /// Opens `data.mdb` in `directory`, which must exist; creates it unless for reading only.
    init(directory: String, options: Options) throws(LMDBError) {
        var usesLockFile = true
        self.options = options
        do throws(LMDBError) {
            opened = try Environment.openHandle(
                directory, options, flags: options.isExclusive ? UInt32(MDB_NOLOCK) : 0)
        } catch {
            // Where the lock file cannot be made or written, nobody can write the log either, as far as this user goes.
            guard options.isReadOnly, [EACCES, EROFS, EPERM].contains(error.code) else { throw error }
            usesLockFile = false
            opened = try Environment.openHandle(directory, options, flags: UInt32(MDB_NOLOCK))
        }
        self.directory = directory
        self.isReadOnly = options.isReadOnly
        // On a read-only file system LMDB itself does without.
        self.usesLockFile = usesLockFile && access(directory + "/lock.mdb", W_OK) == 0
    }

    deinit {
        idle.withLock { $0.removeAll() }
        if let opened { mdb_env_close(opened) }
    }

    /// LMDB's handle.
    private var handle: OpaquePointer {
        get throws(LMDBError) {
            guard let opened else { throw LMDBError(code: MDB_PANIC, action: "use the log, which is closed") }
            return opened
        }
    }

    /// Closes everything and opens it again, as a new process would: what LMDB remembers of a failed commit is gone. No
    /// write transaction may be open. `false` when this thread is inside of a read.
    func reopen() throws(LMDBError) -> Bool {
        try gate.change { () throws(LMDBError) in try reopenHandle() }
    }

    /// To be called while nobody reads or writes.
    private func reopenHandle() throws(LMDBError) {
        idle.withLock { $0.removeAll() }
        // First closed, then opened: closing would drop the locks of a second handle on the same file.
        if let opened { mdb_env_close(opened) }
        opened = nil
        do throws(LMDBError) {
            opened = try Environment.openHandle(
                directory, options, flags: options.isExclusive ? UInt32(MDB_NOLOCK) : 0)
        } catch {
            // On a disk that takes no writes any more what is there can still be read; nobody else writes it.
            var reading = options
            reading.isReadOnly = true
            opened = try Environment.openHandle(directory, reading, flags: UInt32(MDB_NOLOCK))
            try openTables()
            throw error
        }
        try openTables()
    }

    // MARK: - Tables

    /// Opens the tables. Call once, before anything else.
    func openTables() throws(LMDBError) {
        tables = try withTables(flags: UInt32(MDB_RDONLY), create: false) { (_) throws(LMDBError) in }
    }

    /// Makes the tables, and fills them with `body`, all in one transaction. Instead of `openTables`.
    func makeTables(_ body: (Transaction) throws(LMDBError) -> Void) throws(LMDBError) {
        tables = try withTables(flags: 0, create: true, body)
    }

    private func withTables(
        flags: UInt32, create: Bool, _ body: (Transaction) throws(LMDBError) -> Void
    ) throws(LMDBError) -> TableHandles {
        var handle: OpaquePointer?
        try LMDBError.check(mdb_txn_begin(try self.handle, nil, flags, &handle), "begin")
        guard let handle else { throw LMDBError(code: MDB_PANIC, action: "begin") }
        let tables: TableHandles
        do throws(LMDBError) {
            tables = try TableHandles(handle, create: create)
        } catch {
            mdb_txn_abort(handle)
            throw error
        }
        // LMDB's numbers for the tables are good for others once their transaction has committed.
        let transaction = Transaction(handle, tables: tables)
        try body(transaction)
        try transaction.commit()
        return tables
    }

    /// The names in the environment's table of tables, whoever made them; not more than one more than a log has.
    func tableNames() throws(LMDBError) -> [String] {
        var transaction: OpaquePointer?
        try LMDBError.check(mdb_txn_begin(try handle, nil, UInt32(MDB_RDONLY), &transaction), "begin")
        guard let transaction else { throw LMDBError(code: MDB_PANIC, action: "begin") }
        defer { mdb_txn_abort(transaction) }
        var main = MDB_dbi()
        try LMDBError.check(mdb_dbi_open(transaction, nil, 0, &main), "open the table of tables")
        var cursor: OpaquePointer?
        try LMDBError.check(mdb_cursor_open(transaction, main, &cursor), "open a cursor")
        defer { mdb_cursor_close(cursor) }
        var names: [String] = []
        var key = MDB_val()
        var code = mdb_cursor_get(cursor, &key, nil, MDB_FIRST)
        while code == MDB_SUCCESS, names.count <= Table.allCases.count {
            names.append(String(decoding: key.bytes, as: UTF8.self))
            code = mdb_cursor_get(cursor, &key, nil, MDB_NEXT)
        }
        guard code == MDB_SUCCESS || code == MDB_NOTFOUND else {
            throw LMDBError(code: code, action: "read the table of tables")
        }
        return names
    }

    // MARK: - Transactions

    /// Runs `body` with the latest snapshot. Any number of threads can be inside.
    func read<R>(_ body: (Transaction) throws -> R) throws -> R {
        while true {
            gate.enter()
            let transaction: Transaction
            do throws(LMDBError) {
                transaction = try beginReading()
            } catch {
                gate.leave()
                guard error.isMapResized, try adoptMapSize() else { throw error }
                continue
            }
            defer {
                transaction.reset()
                idle.withLock { $0.append(transaction) }
                gate.leave()
            }
            return try body(transaction)
        }
    }

    /// Begins a write transaction: one at a time, to be ended on the same thread.
    func beginWriting() throws(LMDBError) -> Transaction {
        while true {
            var transaction: OpaquePointer?
            let code = mdb_txn_begin(try handle, nil, 0, &transaction)
            if code == MDB_MAP_RESIZED, try adoptMapSize() { continue }
            try LMDBError.check(code, "begin writing")
            guard let transaction, let tables else { throw LMDBError(code: MDB_PANIC, action: "begin writing") }
            return Transaction(transaction, tables: tables)
        }
    }

    private func beginReading() throws(LMDBError) -> Transaction {
        if let idle = idle.withLock({ $0.popLast() }) {
            try idle.renew()
            return idle
        }
        var transaction: OpaquePointer?
        try LMDBError.check(mdb_txn_begin(try handle, nil, UInt32(MDB_RDONLY), &transaction), "begin reading")
        guard let transaction, let tables else { throw LMDBError(code: MDB_PANIC, action: "begin reading") }
        return Transaction(transaction, tables: tables)
    }

    // MARK: - Size

    /// How large the map is, and how much of it has ever been used, in bytes.
    func size() throws(LMDBError) -> (map: Int, used: Int) {
        gate.enter()
        defer { gate.leave() }
        return try measured()
    }

    private func measured() throws(LMDBError) -> (map: Int, used: Int) {
        var info = MDB_envinfo()
        try LMDBError.check(mdb_env_info(try handle, &info), "measure the environment")
        var statistics = MDB_stat()
        try LMDBError.check(mdb_env_stat(try handle, &statistics), "measure the environment")
        return (info.me_mapsize, (info.me_last_pgno + 1) * Int(statistics.ms_psize))
    }

    /// Makes the map larger. No write transaction may be open. `false` when this thread is inside of a read.
    func grow(to bytes: Int) throws(LMDBError) -> Bool {
        try gate.change { () throws(LMDBError) in
            try setMapSize(Environment.roundedToPages(bytes), "make the map larger (to \(bytes) bytes)")
        }
    }

    /// LMDB drops the old mapping before it makes the new one: when that fails there is none, and whoever reads next would
    /// fall through. So it is opened again as it was.
    private func setMapSize(_ bytes: Int, _ action: String) throws(LMDBError) {
        let code = mdb_env_set_mapsize(try handle, bytes)
        guard code != MDB_SUCCESS else { return }
        if code != EINVAL { try reopenHandle() }
        throw LMDBError(code: code, action: action)
    }

    /// Takes over the size that another process gave the map. `false` when this thread is inside of a read.
    private func adoptMapSize() throws(LMDBError) -> Bool {
        try gate.change { () throws(LMDBError) in
            try setMapSize(0, "adopt the map's new size")
        }
    }

    // MARK: - Upkeep

    /// Frees the places of readers whose process has died; they keep old pages from being used again. Returns how many.
    func clearStaleReaders() throws(LMDBError) -> Int {
        gate.enter()
        defer { gate.leave() }
        var dead: Int32 = 0
        try LMDBError.check(mdb_reader_check(try handle, &dead), "look for stale readers")
        return Int(dead)
    }

    /// Writes a copy of the latest snapshot without its free pages to a file, which must not exist, and syncs it.
    func copyCompacted(to path: String) throws(LMDBError) {
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw LMDBError(code: errno, action: "make \(path)") }
        defer { close(descriptor) }
        gate.enter()
        defer { gate.leave() }
        try LMDBError.check(mdb_env_copyfd2(try handle, descriptor, UInt32(MDB_CP_COMPACT)), "copy the log to \(path)")
        guard fsync(descriptor) == 0 else { throw LMDBError(code: errno, action: "sync \(path)") }
    }
}
