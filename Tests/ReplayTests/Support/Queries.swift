import CSQLite
import Testing

/// Asks a SQLite database, as any other program would.
final class Queries {
    private var handle: OpaquePointer?

    init(_ path: String) throws {
        let code = sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY, nil)
        try #require(code == SQLITE_OK, "\(path) is no database")
    }

    deinit { sqlite3_close_v2(handle) }

    /// The rows, every value as text; `nil` for NULL.
    func callAsFunction(_ sql: String) throws -> [[String?]] {
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        let code = sqlite3_prepare_v2(handle, sql, -1, &statement, nil)
        try #require(code == SQLITE_OK, "\(sql): \(String(cString: sqlite3_errmsg(handle)))")
        var rows: [[String?]] = []
        while true {
            let code = sqlite3_step(statement)
            guard code == SQLITE_ROW else {
                try #require(code == SQLITE_DONE, "\(sql): \(String(cString: sqlite3_errmsg(handle)))")
                return rows
            }
            rows.append(
                (0..<sqlite3_column_count(statement)).map { column in
                    sqlite3_column_text(statement, column).map { String(cString: $0) }
                })
        }
    }

    /// The first value of the first row.
    func value(_ sql: String) throws -> String? { try self(sql).first?.first ?? nil }
}
