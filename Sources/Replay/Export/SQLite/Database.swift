import CSQLite
import Glibc

/// A SQLite database that is being made. The handle lives here and nowhere else; a statement never outlives it.
final class Database {
    private var handle: OpaquePointer?
    private let path: String

    /// Makes the file.
    init(_ path: String) throws {
        self.path = path
        // Made here first: SQLite would make it readable for everybody.
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw UnfinishedFile.failure("write", path) }
        Glibc.close(descriptor)
        try check(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, nil))
    }

    deinit { sqlite3_close_v2(handle) }

    /// Runs one or more statements that give no rows.
    func execute(_ sql: String) throws { try check(sqlite3_exec(handle, sql, nil, nil, nil)) }

    /// Closes the file.
    func close() throws {
        try check(sqlite3_close(handle))
        handle = nil
    }

    /// Throws what went wrong, unless nothing did.
    fileprivate func check(_ code: Int32) throws {
        guard code != SQLITE_OK, code != SQLITE_DONE else { return }
        let reason = handle.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
        throw ReplayFailure(.cannotWrite, "cannot write \(path): \(reason)")
    }

    /// A statement that is run again and again.
    func prepare(_ sql: String) throws -> Statement {
        var statement: OpaquePointer?
        try check(sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil))
        return Statement(self, statement)
    }

    /// One prepared statement; it keeps its database.
    final class Statement {
        private let database: Database
        private let handle: OpaquePointer?

        fileprivate init(_ database: Database, _ handle: OpaquePointer?) {
            self.database = database
            self.handle = handle
        }

        deinit { sqlite3_finalize(handle) }

        /// Runs it with these values for its parameters.
        func run(_ cells: [Cell]) throws {
            for (index, cell) in cells.enumerated() { try bind(cell, at: Int32(index + 1)) }
            let code = sqlite3_step(handle)
            try database.check(code)
            try database.check(sqlite3_reset(handle))
        }

        private func bind(_ cell: Cell, at index: Int32) throws {
            switch cell {
            case .null: try database.check(sqlite3_bind_null(handle, index))
            case .integer(let value): try database.check(sqlite3_bind_int64(handle, index, value))
            case .text(let bytes):
                // SQLITE_TRANSIENT, which C has as a cast of −1: SQLite copies the bytes.
                let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
                try bytes.withUnsafeBytes { bytes in
                    let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                    // No bytes at all are an empty text, not NULL.
                    let code =
                        start == nil
                        ? sqlite3_bind_text(handle, index, "", 0, copied)
                        : sqlite3_bind_text64(
                            handle, index, start, UInt64(bytes.count), copied, UInt8(SQLITE_UTF8))
                    try database.check(code)
                }
            }
        }
    }
}
