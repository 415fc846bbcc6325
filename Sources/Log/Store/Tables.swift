import Nostr

/// The tables of a log's environment. `entry`, `shared` and `meta` hold the log; the rest is derived from them.
struct Tables: Sendable {
    /// Position → leaf, salt and stored payload.
    let entry: Table
    /// SHA-256 of a content → the content; the same and a byte 01 → how many entries refer to it.
    let shared: Table
    /// The format, the frontier and the time of the last entry.
    let meta: Table
    /// Level and index → the root of a complete subtree.
    let tile: Table
    /// Position → an encoded state.
    let snapshot: Table
    let index: IndexTables

    static let entryName = "entry"

    static func create(_ transaction: WriteTransaction) throws(LMDBError) -> Tables {
        Tables(
            entry: try transaction.table(entryName), shared: try transaction.table("shared"),
            meta: try transaction.table("meta"), tile: try transaction.table("tile"),
            snapshot: try transaction.table("snapshot"), index: try IndexTables { name throws(LMDBError) in
                try transaction.table(name)
            })
    }

    /// `nil` when the environment is not a log's.
    static func existing(_ transaction: borrowing ReadTransaction) throws(LMDBError) -> Tables? {
        guard let entry = try transaction.existingTable(entryName),
            let shared = try transaction.existingTable("shared"), let meta = try transaction.existingTable("meta"),
            let tile = try transaction.existingTable("tile"),
            let snapshot = try transaction.existingTable("snapshot")
        else { return nil }
        var isComplete = true
        let index = try IndexTables { name throws(LMDBError) in
            guard let table = try transaction.existingTable(name) else {
                isComplete = false
                return entry
            }
            return table
        }
        return isComplete
            ? Tables(entry: entry, shared: shared, meta: meta, tile: tile, snapshot: snapshot, index: index) : nil
    }
}

/// The derived tables that answer queries.
struct IndexTables: Sendable {
    /// First eight bytes of an id, position → nothing: every event that was logged.
    let id: Table
    /// Kind, author and d-tag → the position of the event that is served.
    let coordinate: Table
    let created: Table
    let kind: Table
    let author: Table
    let authorKind: Table
    let tag: Table

    init(_ open: (String) throws(LMDBError) -> Table) throws(LMDBError) {
        id = try open("id")
        coordinate = try open("coordinate")
        created = try open("created")
        kind = try open("kind")
        author = try open("author")
        authorKind = try open("authorkind")
        tag = try open("tag")
    }

    var all: [Table] { [id, coordinate, created, kind, author, authorKind, tag] }
}

/// The key of a position: eight bytes, big-endian, so that LMDB sorts it.
func positionKey(_ seq: UInt64) -> [UInt8] {
    var key: [UInt8] = []
    key.reserveCapacity(8)
    key.append(bigEndian: seq)
    return key
}
