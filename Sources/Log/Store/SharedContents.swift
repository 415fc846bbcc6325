import Nostr

/// Long contents that come again and again, each stored once under its SHA-256: a node reports the same status every
/// fifteen seconds.
extension WriteTransaction {
    private static let countSuffix: UInt8 = 1

    /// Notes one more reference to a content, storing it when it is new.
    func retainShared(_ hash: Bytes32, _ content: ArraySlice<UInt8>, _ table: Table) throws {
        let key = hash.bytes
        let countKey = key + [WriteTransaction.countSuffix]
        let count = try get(table, key: countKey) { $0.count == 8 ? $0.loadUnaligned(as: UInt64.self) : 0 } ?? 0
        if count == 0 { try put(table, key: key, value: Array(content)) }
        var value: [UInt8] = []
        value.append(bigEndian: UInt64(bigEndian: count) + 1)
        try put(table, key: countKey, value: value)
    }
}

extension Reading where Self: ~Copyable {
    /// Appends the shared content of a hash; `false` when there is none.
    borrowing func appendShared(_ hash: Bytes32, _ table: Table, to output: inout [UInt8]) throws -> Bool {
        try get(table, key: hash.bytes) { output.append(contentsOf: $0) } != nil
    }

    /// Reads one record of the entry table; `nil` beyond the end.
    borrowing func record<R>(
        _ seq: UInt64, _ tables: Tables, checking: Bool = true, _ body: (EntryView) throws -> R
    ) throws -> R? {
        let bytes = try get(tables.entry, key: positionKey(seq)) { $0 }
        guard let bytes else { return nil }
        var records = RecordReader(checksCommitments: checking)
        return try records.read(
            bytes, at: seq, content: { try appendShared($0, tables.shared, to: &$1) }, body)
    }
}
