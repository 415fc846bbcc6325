extension LogReader {
    /// The latest snapshot at or before a position: the position that it was taken at, and its bytes. One that is
    /// damaged is passed over, since a snapshot is only a cache.
    public func latestSnapshot(atOrBefore seq: UInt64) throws -> (seq: UInt64, bytes: [UInt8])? {
        try transaction.withCursor(.snapshot) { cursor in
            var item = try cursor.seekBackwards(Key(seq))
            while let found = item {
                if found.key.count == 8 {
                    let taken: UInt64 = found.key.number(at: 0)
                    if let bytes = Checksum.opened(found.value, seed: taken) { return (taken, Array(bytes)) }
                }
                item = try cursor.previous()
            }
            return nil
        }
    }
}

extension LogReader {
    /// The earliest snapshot at or after a position that is not damaged: where a replay can begin without the entries
    /// before it.
    public func earliestSnapshot(atOrAfter seq: UInt64) throws -> (seq: UInt64, bytes: [UInt8])? {
        try transaction.withCursor(.snapshot) { cursor in
            var item = try cursor.seek(Key(seq))
            while let found = item {
                if found.key.count == 8 {
                    let taken: UInt64 = found.key.number(at: 0)
                    if let bytes = Checksum.opened(found.value, seed: taken) { return (taken, Array(bytes)) }
                }
                item = try cursor.next()
            }
            return nil
        }
    }
}

/// The changes of snapshots that a batch makes.
enum Snapshots {
    static func store(seq: UInt64, bytes: [UInt8], _ transaction: Transaction) throws(LMDBError) {
        try transaction.put(.snapshot, Key(seq), Checksum.sealed(bytes, seed: seq))
    }

    /// Removes all but the latest `count`, and the one that stands for archived entries.
    static func prune(keeping count: Int, pinned: UInt64?, _ transaction: Transaction) throws {
        let old: [Key] = try transaction.withCursor(.snapshot) { cursor in
            var keys: [Key] = []
            var item = try cursor.last()
            while let found = item {
                keys.append(Key(copying: found.key))
                item = try cursor.previous()
            }
            return Array(keys.dropFirst(max(count, 0)))
        }
        for key in old where pinned.map({ Key($0) }) != key { try transaction.remove(.snapshot, key) }
    }
}
