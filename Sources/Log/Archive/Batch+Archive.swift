import Nostr

extension Batch {
    /// Takes archive files, which have been written and compared, into the log's books, with the snapshot from which a
    /// replay goes on without them. No entry is removed yet.
    ///
    /// - Parameters:
    ///   - ranges: the files, from where the archive ends on, without a gap.
    ///   - snapshot: the position of the snapshot, which covers all of these entries.
    /// - Throws: `LogError.misuse` for files that are not there or cannot come next; nothing is changed then.
    public func archive(_ ranges: [ArchivedRange], snapshot: UInt64, bytes: [UInt8]) throws {
        try look { try $0.checkArchive(ranges, snapshot: snapshot) }
        try checkFiles(ranges)
        try perform(.archive(ranges, snapshot: snapshot, bytes: bytes)) {
            try $0.archive(ranges, snapshot: snapshot, bytes: bytes)
        }
    }

    /// Removes the next entries that are in archive files, and keeps the hashes of their leaves. What queries find, and
    /// who is the latest of an address, stays; so does what is in `kept`.
    ///
    /// - Parameter end: the position to stop before: a multiple of 256. Few at a time, beside a relay.
    /// - Returns: how many were removed.
    @discardableResult
    public func removeArchived(upTo end: UInt64, keeping kept: Set<UInt64>) throws -> Int {
        let ranges = try look { try $0.checkRemovable(upTo: end) }
        try checkFiles(ranges)
        return try perform(.removeArchived(upTo: end, keeping: kept)) {
            try $0.removeArchived(upTo: end, keeping: kept)
        }
    }
}

extension Batch {
    /// Whether the files are there and say that they hold these entries of this log; not whether they do.
    private func checkFiles(_ ranges: [ArchivedRange]) throws {
        let hash = try look { try $0.reader.leafHash(at: 0) }
        for range in ranges {
            guard try log.archive.file(range, log: hash) != nil else {
                throw LogError.misuse("there is no \(log.archive.path(range))")
            }
        }
    }
}

extension BatchWriter {
    /// Whether these files come next, and the snapshot covers them.
    func checkArchive(_ ranges: [ArchivedRange], snapshot: UInt64) throws(LogError) {
        var end = archive.end
        for range in ranges {
            guard range.first == end, range.end > end, range.end.isMultiple(of: ArchiveFormat.rootEntries),
                range.end <= head.frontier.size
            else { throw .misuse("the archive ends at \(end): \(range.name) cannot come next") }
            end = range.end
        }
        guard end <= snapshot + 1, snapshot + 1 < head.frontier.size else {
            throw .misuse("the snapshot at \(snapshot) does not cover the entries before \(end)")
        }
    }

    func archive(_ ranges: [ArchivedRange], snapshot: UInt64, bytes: [UInt8]) throws {
        let known = try reader.archivedRanges()
        try storeSnapshot(seq: snapshot, bytes: bytes)
        try transaction.put(.meta, ArchiveHead.filesKey, ArchivedRange.encode(known + ranges))
        archive.end = ranges.last?.end ?? archive.end
        archive.snapshot = snapshot
        try transaction.put(.meta, ArchiveHead.key, archive.encoded)
    }

    /// The files in which the entries are that come next.
    func checkRemovable(upTo end: UInt64) throws(LogError) -> [ArchivedRange] {
        guard end <= archive.end, end.isMultiple(of: ArchiveFormat.rootEntries) else {
            throw .misuse("entries are removed up to \(archive.end) at most, and 256 at a time, not up to \(end)")
        }
        return try reader.archivedRanges().filter { $0.end > archive.removedEnd && $0.first < end }
    }

    /// See `Batch.removeArchived`.
    func removeArchived(upTo end: UInt64, keeping kept: Set<UInt64>) throws -> Int {
        guard end > archive.removedEnd else { return 0 }
        try indexer.flush(transaction)
        try contents.flush(transaction)
        var references: [UInt64: UInt64] = [:]
        var removed = 0
        var hashes: [UInt8] = []
        let first = archive.removedEnd
        // From here on a record that is not there was removed.
        archive.removedEnd = end
        for seq in first..<end {
            let bytes = try reader.record(at: seq)
            let record = try Record(bytes, seq: seq)
            record.leaf.hash.append(to: &hashes)
            let isKept = try kept.contains(seq) || isNeeded(seq, record)
            if !isKept {
                for number in try PackedReferences.numbers(in: bytes, seq: seq) { references[number, default: 0] += 1 }
                try transaction.remove(.entry, Key(seq))
                removed += 1
            }
            guard (seq + 1).isMultiple(of: KeptHashes.perItem) else { continue }
            try transaction.put(.tile, KeptHashes.key(seq), hashes)
            hashes.removeAll(keepingCapacity: true)
        }
        try contents.release(references, transaction)
        archive.removed += UInt64(removed)
        try transaction.put(.meta, ArchiveHead.key, archive.encoded)
        return removed
    }

    /// Whether queries find the event of an entry, or an address knows it as its latest.
    private func isNeeded(_ seq: UInt64, _ record: Record) throws -> Bool {
        // Entry 0 says whose log this is.
        guard seq > 0 else { return true }
        guard record.form.contains(.event), let event = try reader.event(at: seq) else { return false }
        if try reader.hasRival(event.id, at: seq) { return true }
        guard record.form.contains(.served) else { return false }
        if try reader.place(of: IndexKey.Rank(event), seq) != nil { return true }
        return try IndexKey.coordinate(event).flatMap { try reader.winner($0) }?.seq == seq
    }
}
