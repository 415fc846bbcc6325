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

    /// A stored snapshot: where it was taken, and how much room it takes.
    struct Stored: Equatable {
        var seq: UInt64
        var bytes: Int
    }

    /// Removes snapshots until the bounds hold: see `superfluous`. The one that stands for archived entries stays.
    static func thin(keeping count: Int, bytes: Int, pinned: UInt64?, _ transaction: Transaction) throws {
        let (stored, foreign): ([Stored], [Key]) = try transaction.withCursor(.snapshot) { cursor in
            var stored: [Stored] = []
            var foreign: [Key] = []
            var item = try cursor.first()
            while let found = item {
                if found.key.count == 8 {
                    stored.append(Stored(seq: found.key.number(at: 0), bytes: found.value.count))
                } else {
                    foreign.append(Key(copying: found.key))
                }
                item = try cursor.next()
            }
            return (stored, foreign)
        }
        for key in foreign { try transaction.remove(.snapshot, key) }
        for seq in superfluous(among: stored, keeping: count, bytes: bytes) where seq != pinned {
            try transaction.remove(.snapshot, Key(seq))
        }
    }

    /// Which snapshots go, so that at most `count` of at most `bytes` in all are left, spread evenly over the log: a replay
    /// to any point begins at the nearest one before it.
    ///
    /// One after the other the one goes that leaves the shortest way between its neighbours; of equals the oldest. The
    /// latest always stays, unless none is to be kept: the relay starts from it.
    ///
    /// - Parameter stored: what there is, by position.
    static func superfluous(among stored: [Stored], keeping count: Int, bytes: Int) -> [UInt64] {
        guard count > 0 else { return stored.map(\.seq) }
        var kept = stored
        var size = stored.reduce(0) { $0 + $1.bytes }
        var gone: [UInt64] = []
        while kept.count > 1, kept.count > count || size > bytes {
            var place = 0
            var shortest = UInt64.max
            for index in kept.indices.dropLast() {
                // A replay can begin at entry 0, too.
                let before = index == 0 ? 0 : kept[index - 1].seq
                let way = kept[index + 1].seq - before
                if way < shortest { (place, shortest) = (index, way) }
            }
            size -= kept[place].bytes
            gone.append(kept.remove(at: place).seq)
        }
        return gone
    }
}
