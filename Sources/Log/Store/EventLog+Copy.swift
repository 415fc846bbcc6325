import Glibc

extension EventLog {
    /// Bytes that one transaction of a copy writes; they are held in memory until it commits.
    static let copyBatchBytes = 64 << 20

    /// Writes a copy of the log, as it is now, into a directory, which is made and must not hold one yet. Works while
    /// the log is being written. The copy has no free pages, and nothing of what was erased. Needs twice its room while
    /// it is being made.
    ///
    /// LMDB's own compacted copy alone would not do: it takes whole pages of large items, and behind an item's end
    /// there can be bytes of anything that this process ever wrote. So it is made from a scratch file, into which the
    /// log is copied item by item.
    public func copy(to directory: String) throws(LogError) {
        try EventLog.makeDirectory(directory)
        let path = directory + "/data.mdb"
        let unfinished = path + ".unfinished"
        let scratch = directory + "/scratch"
        guard access(path, F_OK) != 0 else {
            throw LogError(LMDBError(code: EEXIST, action: "copy the log to \(directory)"))
        }
        defer {
            unlink(unfinished)
            unlink(scratch + "/data.mdb")
            rmdir(scratch)
        }
        do {
            try EventLog.makeDirectory(scratch)
            unlink(scratch + "/data.mdb")
            unlink(unfinished)
            try copyItems(to: scratch).copyCompacted(to: unfinished)
            // An unfinished copy never has a log's name.
            guard rename(unfinished, path) == 0 else {
                throw LMDBError(code: errno, action: "name the copy \(path)")
            }
            try Environment.syncDirectory(directory)
        } catch {
            throw LogError(any: error)
        }
    }

    private func copyItems(to directory: String) throws -> Environment {
        let size = try environment.size()
        let copy = try Environment(
            directory: directory,
            options: Environment.Options(
                isReadOnly: false, initialMapSize: max(size.map, 2 * size.used + EventLog.copyBatchBytes),
                maximumReaders: 1, isExclusive: true))
        try copy.makeTables { (_) throws(LMDBError) in }
        try read { reader in for table in Table.allCases { try reader.copy(table, to: copy) } }
        return copy
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
