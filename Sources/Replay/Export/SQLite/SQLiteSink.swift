import Log
import Nostr

/// Writes tables into one SQLite database, then its indexes, its views, and a table of questions with their queries.
final class SQLiteSink: RowSink {
    /// "RDLG", so that `file` can tell what it is.
    private static let applicationID = 0x5244_4c47
    /// Raised when a table changes.
    private static let schemaVersion = 1
    /// Rows that are committed at once.
    private static let rowsPerCommit = 50_000

    private let database: Database
    private var statements: [ExportTable: Database.Statement] = [:]
    private var rows = 0

    init(_ path: String) throws {
        database = try Database(path)
        // Nothing has to be kept if this is cut short: the file has no name yet.
        try database.execute(
            """
            PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA encoding = 'UTF-8';
            PRAGMA application_id = \(SQLiteSink.applicationID); PRAGMA user_version = \(SQLiteSink.schemaVersion);
            """)
        for table in ExportTable.allCases {
            let columns = table.columns.map { "\"\($0.name)\" \($0.isInteger ? "INTEGER" : "TEXT")" }
            try database.execute("CREATE TABLE \(table.rawValue) (\(columns.joined(separator: ", ")))")
            let places = columns.map { _ in "?" }.joined(separator: ",")
            statements[table] = try database.prepare("INSERT INTO \(table.rawValue) VALUES (\(places))")
        }
        try database.execute("BEGIN")
    }

    func row(_ table: ExportTable, _ cells: [Cell]) throws {
        try statements[table]?.run(cells)
        rows += 1
        if rows.isMultiple(of: SQLiteSink.rowsPerCommit) { try database.execute("COMMIT; BEGIN") }
    }

    /// Says which log this is, and completes the database.
    func close(about facts: [(name: String, value: String)]) throws {
        try write("log", columns: ["name", "value"], facts.map { [$0.name, $0.value] })
        try write(
            "README", columns: ["question", "query"],
            SQLiteQuestions.all.map { [$0.question, $0.query] })
        try database.execute("COMMIT")
        for sql in SQLiteSchema.indexes + SQLiteSchema.views { try database.execute(sql) }
        try database.execute("ANALYZE")
        statements = [:]
        try database.execute("PRAGMA synchronous = FULL; PRAGMA journal_mode = DELETE;")
        try database.close()
    }

    private func write(_ table: String, columns: [String], _ rows: [[String]]) throws {
        try database.execute("CREATE TABLE \(table) (\(columns.map { "\($0) TEXT" }.joined(separator: ", ")))")
        let insert = try database.prepare("INSERT INTO \(table) VALUES (?, ?)")
        for row in rows { try insert.run(row.map { Cell($0) }) }
    }
}
