import Nostr

/// Entries that are in archive files, as part of the log.
extension LogReader {
    /// The archive files that the log knows of, in order, whether they are there or not.
    public func archivedRanges() throws(LogError) -> [ArchivedRange] {
        guard archive.end > 0 else { return [] }
        guard let store else { return try storedRanges() }
        let head = archive.end
        let stored = Result<[ArchivedRange], LogError> { () throws(LogError) in
            try store.ranges(endingAt: head) { () throws(LogError) in try storedRanges() }
        }
        return try stored.get()
    }

    /// Entries before this position are in archive files; 0 if none are. Some of them are still in the log, too.
    public var archivedEnd: UInt64 { archive.end }

    /// Entries before this position have been removed from the log, but for those that the relay still needs.
    public var removedEnd: UInt64 { archive.removedEnd }

    /// Entry `seq`, or `nil` at the end of the log and where it is archived and not here.
    public func entryIfPresent(at seq: UInt64) throws(LogError) -> Entry? {
        do throws(LogError) { return try entry(at: seq) } catch {
            guard error.isAbsent else { throw error }
            return nil
        }
    }

    /// Whether the log itself has an entry, archived or not.
    public func isStored(_ seq: UInt64) throws(LogError) -> Bool {
        guard seq < size else { return false }
        return try storedRecord(at: seq) != nil
    }

    /// The position of the snapshot from which a replay goes on without the archived entries; `nil` if none are.
    public var pinnedSnapshot: UInt64? { archive.end > 0 ? archive.snapshot : nil }

    /// Compares a whole archive file with the log's tree; `false` if it is not there.
    ///
    /// - Throws: `LogError.archive`
    public func checkArchive(_ range: ArchivedRange) throws(LogError) -> Bool {
        guard let store, let file = try store.file(range, log: leafHash(at: 0)) else { return false }
        do throws(ArchiveDamage) { try file.checkHash() } catch {
            throw .archive(file: file.path, .damaged, reason: error.reason)
        }
        for seq in stride(from: range.first, to: range.end, by: Int(ArchiveFormat.blockEntries)) {
            _ = try presentBlock(of: seq)
        }
        return true
    }

    private func storedRanges() throws(LogError) -> [ArchivedRange] {
        let stored = try LogError.wrapping { () throws(LMDBError) in
            try transaction.value(.meta, ArchiveHead.filesKey)
        }
        guard let stored else { throw ArchiveHead.damaged }
        let ranges = try ArchivedRange.decode(stored)
        guard ranges.last?.end == archive.end else { throw ArchiveHead.damaged }
        return ranges
    }

    /// The files of archived entries that are not there, neighbours taken together.
    public func absentEntries() throws(LogError) -> [AbsentEntries] {
        var absent: [AbsentEntries] = []
        var seq: UInt64 = 0
        for range in try archivedRanges() where range.first >= seq {
            seq = range.end
            guard range.first < archive.removedEnd, let store, try !isThere(range, store) else { continue }
            let run = try absence(at: range.first)
            absent.append(run)
            seq = run.last + 1
        }
        return absent
    }

    private func isThere(_ range: ArchivedRange, _ store: ArchiveStore) throws(LogError) -> Bool {
        // What is there and not what it should be is said where it is read.
        do throws(LogError) {
            return try store.file(range, log: leafHash(at: 0)) != nil
        } catch {
            if case .archive = error { return true }
            throw error
        }
    }

    /// The files that are not there, from the one on in which an entry is.
    func absence(at seq: UInt64) throws(LogError) -> AbsentEntries {
        let ranges = try archivedRanges().drop { $0.end <= seq }
        var files: [String] = []
        var last = seq
        for range in ranges where range.first < archive.removedEnd {
            if let store, !files.isEmpty, try isThere(range, store) { break }
            files.append(range.name)
            last = min(range.end, archive.removedEnd) - 1
        }
        return AbsentEntries(
            first: ranges.first?.first ?? seq, last: last, files: files, directory: store?.directory ?? "the archive")
    }

    /// The block in which a removed entry is; `nil` if its file is not there.
    func archivedBlock(of seq: UInt64) throws(LogError) -> ArchiveBlock? {
        guard let store else { return nil }
        let ranges = try archivedRanges()
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].end <= seq { low = middle + 1 } else { high = middle }
        }
        guard low < ranges.count else { return nil }
        return try store.block(of: seq, in: ranges[low], log: leafHash(at: 0)) { run throws(LogError) in
            try tile(level: 1, index: run)
        }
    }

    /// The block in which a removed entry is.
    ///
    /// - Throws: `LogError.absent` if its file is not there.
    func presentBlock(of seq: UInt64) throws(LogError) -> ArchiveBlock {
        guard let block = try archivedBlock(of: seq) else { throw .absent(try absence(at: seq)) }
        return block
    }

    /// Looks at entries that were removed, one after the other.
    ///
    /// - Parameter absent: takes what is not there; returns whether to go on. Without it that is an error.
    /// - Returns: whether to go on.
    func forEachArchivedEntry(
        _ positions: Range<UInt64>, skippingPayload: (Leaf) -> Bool, reported: inout UInt64,
        absent: ((AbsentEntries) throws -> Bool)?, _ body: (borrowing EntryView) throws -> Bool
    ) throws -> Bool {
        var seq = positions.lowerBound
        while seq < positions.upperBound {
            guard let block = try archivedBlock(of: seq) else {
                let run = try absence(at: seq)
                guard let absent else { throw LogError.absent(run) }
                if seq >= reported {
                    reported = run.last + 1
                    guard try absent(run) else { return false }
                }
                seq = run.last + 1
                continue
            }
            let end = min(block.end, positions.upperBound)
            while seq < end {
                guard try block.withEntry(at: seq, skippingPayload: skippingPayload, body) else { return false }
                seq += 1
            }
        }
        return true
    }

    /// The first position whose time is `time` or later, among entries before `end`; where a file is not there, its
    /// first position.
    func firstArchivedPosition(atOrAfter time: Int64, before end: UInt64) throws(LogError) -> UInt64 {
        guard let range = try archivedRanges().first(where: { $0.lastTime >= time }) else { return end }
        var low = range.first
        var high = min(range.end, end)
        while low < high {
            let middle = low + (high - low) / 2
            let leaf: Leaf
            if let record = try storedRecord(at: middle) {
                leaf = try Record(record, seq: middle).leaf
            } else if let block = try archivedBlock(of: middle) {
                leaf = block.rows[Int(middle - block.first)].leaf
            } else {
                return range.first
            }
            if leaf.time < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

// MARK: - What is kept of removed entries

/// The hashes of leaves whose records were removed, sixteen to an item: items of 512 bytes leave little of a page empty.
enum KeptHashes {
    static let perItem: UInt64 = 16

    static func key(_ seq: UInt64) -> Key { Tile.key(level: 0, index: seq / perItem) }
}

extension LogReader {
    /// The hash of a leaf whose record was removed.
    func keptHash(at seq: UInt64) throws(LogError) -> Bytes32 {
        let stored = try LogError.wrapping { () throws(LMDBError) in try transaction.value(.tile, KeptHashes.key(seq)) }
        guard let stored, stored.count == Int(KeptHashes.perItem) * Bytes32.count else {
            throw .damaged(seq: seq, reason: "the hash of its leaf is missing")
        }
        let offset = Int(seq % KeptHashes.perItem) * Bytes32.count
        return Bytes32(stored.slice(offset..<offset + Bytes32.count))
    }

    /// Compares the hashes that were kept with the subtrees above them.
    func checkKeptHashes() throws(LogError) {
        for run in 0..<archive.removedEnd / ArchiveFormat.rootEntries {
            var hashes: [Bytes32] = []
            for seq in run * ArchiveFormat.rootEntries..<(run + 1) * ArchiveFormat.rootEntries {
                hashes.append(try keptHash(at: seq))
            }
            guard try MerkleTree.root(of: hashes) == tile(level: 1, index: run) else {
                throw .damaged(
                    seq: nil, reason: "the kept hashes of the entries from \(run * 256) to \(run * 256 + 255) are wrong"
                )
            }
        }
    }

    /// How many items of table `tile` hold hashes of removed entries' leaves.
    var keptHashItems: UInt64 { archive.removedEnd / KeptHashes.perItem }
}

extension LogReader {
    /// Calls `body` with each key in table `id` of an entry that was removed, in order; returns how many there are.
    @discardableResult
    func archivedIDKeys(_ body: (Key) throws -> Void) throws -> Int {
        guard archive.removedEnd > 0 else { return 0 }
        return try transaction.withCursor(.id) { cursor in
            var count = 0
            var item = try cursor.first()
            while let found = item {
                let seq = found.key.count == IndexKey.idSize ? found.key.position(at: 8) &>> 1 : .max
                if seq < archive.removedEnd, try storedRecord(at: seq) == nil {
                    count += 1
                    try body(Key(copying: found.key))
                }
                item = try cursor.next()
            }
            return count
        }
    }
}
