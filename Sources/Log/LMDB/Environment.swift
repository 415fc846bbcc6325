import CLMDB
import Glibc

/// An LMDB environment: the one place that holds its pointer.
///
/// Transactions are scopes, so none can outlive the environment, and the map is enlarged only while this process has no
/// transaction open: readers hold a shared lock for the time of theirs.
///
/// LMDB synchronises its own calls; the pointer never changes after `init`, and the map's size changes under the exclusive
/// lock. That is the argument for `@unchecked Sendable`.
final class Environment: @unchecked Sendable {
    /// Readers at once, over all processes.
    private static let maximumReaders: CUnsignedInt = 512
    /// Named tables at once.
    private static let maximumTables: CUnsignedInt = 16

    let pointer: OpaquePointer
    private let gate: UnsafeMutablePointer<pthread_rwlock_t>

    init(directory: String, readOnly: Bool, mapSize: Int) throws(LMDBError) {
        var environment: OpaquePointer?
        try check(mdb_env_create(&environment), "making an LMDB environment")
        guard let environment else { throw LMDBError(ENOMEM, "making an LMDB environment") }
        do {
            try check(mdb_env_set_maxreaders(environment, Environment.maximumReaders), "setting the number of readers")
            try check(mdb_env_set_maxdbs(environment, Environment.maximumTables), "setting the number of tables")
            if !readOnly { try check(mdb_env_set_mapsize(environment, mapSize), "setting the map size") }
            try Environment.open(environment, directory, readOnly: readOnly)
        } catch {
            mdb_env_close(environment)
            throw error
        }
        pointer = environment
        gate = .allocate(capacity: 1)
        var attributes = pthread_rwlockattr_t()
        pthread_rwlockattr_init(&attributes)
        pthread_rwlockattr_setkind_np(&attributes, CInt(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP))
        pthread_rwlock_init(gate, &attributes)
        pthread_rwlockattr_destroy(&attributes)
        var stale: CInt = 0
        mdb_reader_check(environment, &stale)
    }

    deinit {
        mdb_env_close(pointer)
        pthread_rwlock_destroy(gate)
        gate.deallocate()
    }

    private static func open(_ environment: OpaquePointer, _ directory: String, readOnly: Bool) throws(LMDBError) {
        let flags = CUnsignedInt(MDB_NOTLS) | (readOnly ? CUnsignedInt(MDB_RDONLY) : 0)
        let code = mdb_env_open(environment, directory, flags, 0o600)
        // On a read-only file system nobody can be writing, so reading without the lock file is safe.
        if readOnly, code == EROFS || code == EACCES {
            try check(
                mdb_env_open(environment, directory, flags | CUnsignedInt(MDB_NOLOCK), 0o600),
                "opening the log in \(directory)")
        } else {
            try check(code, "opening the log in \(directory)")
        }
    }

    // MARK: Transactions

    /// Runs `body` in a read transaction. A scope must not open another one: while a writer waits to enlarge the map, the
    /// inner one would wait for it, and it for the outer one.
    func read<R>(_ body: (consuming ReadTransaction) throws -> R) throws -> R {
        pthread_rwlock_rdlock(gate)
        var isLocked = true
        defer { if isLocked { pthread_rwlock_unlock(gate) } }
        do {
            return try body(ReadTransaction(try begin(CUnsignedInt(MDB_RDONLY))))
        } catch let error as LMDBError where error.code == LMDBError.mapResized {
            // Another process enlarged the map: adopt its size, which needs the gate to itself.
            isLocked = false
            pthread_rwlock_unlock(gate)
        }
        try setMapSize(0)
        pthread_rwlock_rdlock(gate)
        isLocked = true
        return try body(ReadTransaction(try begin(CUnsignedInt(MDB_RDONLY))))
    }

    private func begin(_ flags: CUnsignedInt) throws(LMDBError) -> OpaquePointer {
        var transaction: OpaquePointer?
        let code = mdb_txn_begin(pointer, nil, flags, &transaction)
        guard code == MDB_SUCCESS, let transaction else { throw LMDBError(code, "beginning a transaction") }
        return transaction
    }

    /// Begins the one write transaction.
    func beginWrite() throws(LMDBError) -> WriteTransaction {
        pthread_rwlock_rdlock(gate)
        do {
            return WriteTransaction(try begin(0)) { [gate] in pthread_rwlock_unlock(gate) }
        } catch {
            pthread_rwlock_unlock(gate)
            throw error
        }
    }

    /// Enlarges the map; 0 adopts the size that another process gave it. Waits until this process has no transaction open.
    func setMapSize(_ size: Int) throws(LMDBError) {
        pthread_rwlock_wrlock(gate)
        defer { pthread_rwlock_unlock(gate) }
        try check(mdb_env_set_mapsize(pointer, size), "enlarging the map to \(size) bytes")
    }

    /// Bytes of the map, and bytes of it that are in use.
    var usage: (size: Int, used: Int) {
        var information = MDB_envinfo()
        var statistics = MDB_stat()
        mdb_env_info(pointer, &information)
        mdb_env_stat(pointer, &statistics)
        return (information.me_mapsize, (information.me_last_pgno + 1) * Int(statistics.ms_psize))
    }
}
