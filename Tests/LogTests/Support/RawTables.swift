import CLMDB
import Nostr
import Testing

@testable import Log

/// Changes what is stored, behind the log's back. Not while a log is open on the directory.
struct RawTables {
    let directory: String

    func write(_ body: (Transaction) throws -> Void) throws {
        let environment = try Environment(
            directory: directory, options: Environment.Options(isReadOnly: false, initialMapSize: 0, maximumReaders: 16)
        )
        try environment.openTables()
        let transaction = try environment.beginWriting()
        try body(transaction)
        try transaction.commit()
    }

    /// All items of a table.
    func items(_ table: Table) throws -> [(key: [UInt8], value: [UInt8])] {
        var items: [(key: [UInt8], value: [UInt8])] = []
        try write { transaction in
            try transaction.withCursor(table) { cursor in
                var item = try cursor.first()
                while let found = item {
                    items.append((Array(found.key), Array(found.value)))
                    item = try cursor.next()
                }
            }
        }
        return items
    }

    func put(_ table: Table, _ key: [UInt8], _ value: [UInt8]) throws {
        try write { try $0.put(table, key.withUnsafeBytes { Key(copying: $0) }, value) }
    }

    func remove(_ table: Table, _ key: [UInt8]) throws {
        _ = try write { try $0.remove(table, key.withUnsafeBytes { Key(copying: $0) }) }
    }
}

/// Makes an LMDB environment that is not a log: with one empty table of that name.
func makeForeignEnvironment(_ directory: String, tables: [String]) throws {
    var handle: OpaquePointer?
    #expect(mdb_env_create(&handle) == 0)
    defer { mdb_env_close(handle) }
    #expect(mdb_env_set_maxdbs(handle, 8) == 0)
    #expect(mdb_env_open(handle, directory, 0, 0o600) == 0)
    var transaction: OpaquePointer?
    #expect(mdb_txn_begin(handle, nil, 0, &transaction) == 0)
    for table in tables {
        var number = MDB_dbi()
        #expect(mdb_dbi_open(transaction, table, UInt32(MDB_CREATE), &number) == 0)
    }
    #expect(mdb_txn_commit(transaction) == 0)
}
