import CLMDB
import Glibc

extension Environment {
    struct Options {
        /// Open for reading only.
        var isReadOnly: Bool
        /// The map's size for a new environment, in bytes.
        var initialMapSize: Int
        /// How many read transactions there can be at a time, of all processes.
        var maximumReaders: Int
        /// Whether nobody else has it open, so that no lock file is needed.
        var isExclusive = false
    }

    /// Opens LMDB's handle, for `init` to own.
    static func openHandle(
        _ directory: String, _ options: Options, flags: UInt32
    ) throws(LMDBError) -> OpaquePointer {
        var handle: OpaquePointer?
        try LMDBError.check(mdb_env_create(&handle), "make an environment")
        guard let handle else { throw LMDBError(code: ENOMEM, action: "make an environment") }
        do throws(LMDBError) {
            // One more than the tables, so that another program's table can be told apart from a full environment.
            let tables = MDB_dbi(Table.allCases.count + 1)
            try LMDBError.check(mdb_env_set_maxdbs(handle, tables), "set the number of tables")
            let readers = UInt32(clamping: options.maximumReaders)
            try LMDBError.check(mdb_env_set_maxreaders(handle, readers), "set the number of readers")
            let path = directory + "/data.mdb"
            if !options.isReadOnly, access(path, F_OK) != 0 {
                try LMDBError.check(
                    mdb_env_set_mapsize(handle, roundedToPages(options.initialMapSize)), "set the map's size")
            }
            let mode = options.isReadOnly ? UInt32(MDB_RDONLY) : 0
            // Default durability only: none of MDB_NOSYNC, MDB_NOMETASYNC, MDB_WRITEMAP (AUDIT.md, "LMDB").
            try LMDBError.check(
                mdb_env_open(handle, directory, flags | mode | UInt32(MDB_NOTLS), 0o600), "open \(path)")
            return handle
        } catch {
            mdb_env_close(handle)
            throw error
        }
    }

    static func roundedToPages(_ bytes: Int) -> Int {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        return max(bytes + page - 1, page) / page * page
    }
}
