import CLMDB
import Glibc

/// How much room the log takes, in bytes.
public struct StorageFigures: Equatable, Sendable {
    /// One table.
    public struct Table: Equatable, Sendable {
        /// The table's name; docs/log-format.md says what it holds.
        public let name: String
        /// How many items it has.
        public let items: UInt64
        /// How many bytes its pages take.
        public let bytes: UInt64
    }

    /// The tables.
    public let tables: [Table]
    /// The size of the memory map, which grows by itself.
    public let map: UInt64
    /// How much of the map has ever been used: about the size of the file. Free pages are used again.
    public let used: UInt64

    /// What all tables take together.
    public var tableBytes: UInt64 { tables.reduce(0) { $0 + $1.bytes } }
}

extension EventLog {
    /// How much room the log takes.
    public func storage() throws -> StorageFigures {
        let size = try LogError.wrapping { () throws(LMDBError) in try environment.size() }
        let tables = try read { reader in
            try Table.allCases.map { table in
                let pages = try reader.transaction.statistics(table)
                let count = pages.ms_branch_pages + pages.ms_leaf_pages + pages.ms_overflow_pages
                return StorageFigures.Table(
                    name: table.name, items: UInt64(pages.ms_entries), bytes: UInt64(count) * UInt64(pages.ms_psize))
            }
        }
        return StorageFigures(tables: tables, map: UInt64(size.map), used: UInt64(size.used))
    }
}
