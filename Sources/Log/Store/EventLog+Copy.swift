import Glibc

extension EventLog {
    /// Bytes that one transaction of a copy writes; they are held in memory until it commits.
    static let copyBatchBytes = 64 << 20

    /// Writes a copy of the log, as it is now, into a directory, which is made and must not hold one yet. Works while
    /// the log is being written. The copy has nothing but what the log holds now: nothing of what was erased.
    ///
    /// Item by item, because LMDB's own compacted copy takes whole pages of large items, and behind an item's end there
    /// can be bytes of anything that this process ever wrote.
    public func copy(to directory: String) throws(LogError) {
        try EventLog.makeDirectory(directory)
        let path = directory + "/data.mdb"
        guard access(path, F_OK) != 0 else {
            throw LogError(LMDBError(code: EEXIST, action: "copy the log to \(directory)"))
        }
        do {
            let size = try environment.size()
            let copy = try Environment(
                directory: directory,
                options: Environment.Options(
                    isReadOnly: false, initialMapSize: max(size.map, 2 * size.used + EventLog.copyBatchBytes),
                    maximumReaders: 1, isExclusive: true))
            try copy.makeTables { (_) throws(LMDBError) in }
            // Without its `meta` an unfinished copy is none.
            try read { reader in
                for table in Table.allCases where table != .meta { try reader.copy(table, to: copy) }
                try reader.copy(.meta, to: copy)
            }
            try Environment.syncDirectory(directory)
        } catch {
            unlink(path)
            throw LogError(any: error)
        }
    }
}

extension LogReader {
    /// Copies a table, which must be empty there.
    fileprivate func copy(_ table: Table, to copy: Environment) throws {
        var writing = try copy.beginWriting()
        var bytes = 0
        try transaction.withCursor(table) { cursor in
            var item = try cursor.first()
            while let found = item {
                try writing.put(table, Key(copying: found.key), found.value, isLast: true)
                bytes += found.key.count + found.value.count
                if bytes >= EventLog.copyBatchBytes {
                    try writing.commit()
                    writing = try copy.beginWriting()
                    bytes = 0
                }
                item = try cursor.next()
            }
        }
        try writing.commit()
    }
}
