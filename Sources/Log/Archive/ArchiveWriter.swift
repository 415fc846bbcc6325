import Glibc
import Nostr

/// Writes archive files.
public struct ArchiveWriter: Sendable {
    /// What came of one file.
    public struct Written: Equatable, Sendable {
        /// The range.
        public let range: ArchivedRange
        /// How long the file is.
        public let bytes: Int
        /// Bytes of leaves, salts and payloads before they were packed.
        public let unpackedBytes: Int
    }

    private let log: EventLog
    private let directory: String
    /// The log's name, for people.
    private let origin: String

    /// A writer for the log's own archive directory.
    public init(_ log: EventLog, origin: String) {
        self.log = log
        self.origin = origin
        directory = log.archive.directory
    }

    /// The ranges of the files that come next, up to `end`.
    ///
    /// - Parameter end: rounded down to a multiple of 256.
    public func plan(upTo end: UInt64) throws -> [ArchivedRange] {
        try log.read { reader in
            let end = min(end, reader.size) / ArchiveFormat.rootEntries * ArchiveFormat.rootEntries
            var ranges: [ArchivedRange] = []
            var first = reader.archivedEnd
            while first < end {
                let next = min((first / ArchiveFormat.fileEntries + 1) * ArchiveFormat.fileEntries, end)
                let time = try reader.leaf(at: next - 1)?.time ?? 0
                ranges.append(ArchivedRange(first: first, end: next, lastTime: time))
                first = next
            }
            return ranges
        }
    }

    /// Writes the file of a range, under its name only when it is complete, synced, and compared entry by entry with the
    /// log. A file that is there already and right is left as it is.
    ///
    /// - Parameter progress: called now and then with the number of entries done and of all.
    public func write(_ range: ArchivedRange, progress: ((UInt64, UInt64) -> Void)? = nil) throws -> Written {
        try EventLog.makeDirectory(directory)
        return try write(range, erasing: [], progress)
    }

    /// Writes the file of a range anew without some payloads. Those that may not be erased stay.
    ///
    /// - Returns: how many payloads are gone; 0 if there was nothing to do.
    public func erase(_ positions: Set<UInt64>, in range: ArchivedRange) throws -> Int {
        let there = try positions.filter { seq in
            guard (range.first..<range.end).contains(seq) else { return false }
            return try log.read { reader in
                let block = try reader.presentBlock(of: seq)
                let row = block.rows[Int(seq - block.first)]
                return row.salt != nil && row.leaf.flags & LeafFlags.erasable != 0
            }
        }
        guard !there.isEmpty else { return 0 }
        _ = try write(range, erasing: there, nil)
        return there.count
    }

    /// How the name of a file ends that is not complete.
    public static let unfinishedExtension = "unfinished"

    private func write(
        _ range: ArchivedRange, erasing: Set<UInt64>, _ progress: ((UInt64, UInt64) -> Void)?
    ) throws -> Written {
        let path = log.archive.path(range)
        let unfinished = path + "." + ArchiveWriter.unfinishedExtension
        unlink(unfinished)
        defer { unlink(unfinished) }
        let total = 2 * (range.end - range.first)
        var output = ArchiveOutput(header: try header(range))
        var unpacked = 0
        var file = try HashedFile(unfinished)
        try file.write(output.header.encoded)
        for first in stride(from: range.first, to: range.end, by: Int(ArchiveFormat.blockEntries)) {
            let entries = try entries(first..<min(first + ArchiveFormat.blockEntries, range.end), erasing)
            unpacked += entries.reduce(0) { $0 + Leaf.size + Bytes32.count + ($1.body?.payload.count ?? 0) }
            try file.write(try output.block(entries, at: file.offset))
            progress?(first - range.first, total)
        }
        try file.finish(output.index(at: file.offset))
        try compare(unfinished, range, erasing) { progress?(range.end - range.first + $0, total) }
        guard rename(unfinished, path) == 0 else {
            throw LogError(LMDBError(code: errno, action: "name the archive file \(path)"))
        }
        try Environment.syncDirectory(directory)
        log.archive.forget()
        return Written(range: range, bytes: file.offset, unpackedBytes: unpacked)
    }

    private func header(_ range: ArchivedRange) throws -> ArchiveFormat.Header {
        try log.read { reader in
            var roots: [Bytes32] = []
            for run in range.first / ArchiveFormat.rootEntries..<range.end / ArchiveFormat.rootEntries {
                roots.append(try reader.tile(level: 1, index: run))
            }
            return ArchiveFormat.Header(
                log: try reader.leafHash(at: 0), first: range.first, end: range.end,
                firstTime: try reader.leaf(at: range.first)?.time ?? 0, lastTime: range.lastTime, origin: origin,
                roots: roots)
        }
    }

    private func entries(_ positions: Range<UInt64>, _ erasing: Set<UInt64>) throws -> [ExportedEntry] {
        try log.read { reader in
            var entries: [ExportedEntry] = []
            try reader.forEachEntry(from: positions.lowerBound, to: positions.upperBound) { view in
                var entry = ExportedEntry(view)
                if erasing.contains(entry.leaf.seq) { entry.body = nil }
                entries.append(entry)
                return true
            }
            return entries
        }
    }

    /// Reads a file as it is on the disk, and compares it with the log: each entry, and each root with the log's own.
    private func compare(
        _ path: String, _ range: ArchivedRange, _ erasing: Set<UInt64>, _ progress: (UInt64) -> Void
    ) throws {
        do {
            guard let file = try ArchiveFile(path) else { throw ArchiveDamage("it is gone") }
            try file.checkHash()
            for index in file.places.indices {
                let block = try file.block(index)
                let entries = try entries(block.first..<block.end, erasing)
                for (offset, expected) in entries.enumerated() {
                    let found = block.withEntry(at: block.first + UInt64(offset)) { ExportedEntry($0) }
                    guard found == expected else {
                        throw ArchiveDamage("entry \(expected.leaf.seq) does not read back as it is in the log")
                    }
                }
                progress(block.end - range.first)
            }
        } catch let error as ArchiveDamage {
            throw LogError.archive(file: path, .damaged, reason: error.reason)
        }
    }
}

/// What an archive file is made of, piece by piece.
private struct ArchiveOutput {
    let header: ArchiveFormat.Header
    private var places: [ArchiveFormat.Place] = []

    init(header: ArchiveFormat.Header) { self.header = header }

    mutating func block(_ entries: [ExportedEntry], at offset: Int) throws -> [UInt8] {
        let bytes = ArchiveBlock.encode(entries)
        do throws(ArchiveDamage) {
            let frame = try Zstandard.pack(bytes, level: ArchiveFormat.compressionLevel)
            places.append(
                ArchiveFormat.Place(
                    offset: UInt64(offset), size: UInt32(frame.count), unpackedSize: UInt32(bytes.count)))
            return frame
        } catch {
            throw LogError.storage(action: "pack a block of entries", code: 0, reason: error.reason)
        }
    }

    func index(at offset: Int) -> [UInt8] {
        var output: [UInt8] = []
        output.append(bigEndian: UInt32(places.count))
        for place in places {
            output.append(bigEndian: place.offset)
            output.append(bigEndian: place.size)
            output.append(bigEndian: place.unpackedSize)
        }
        output.append(bigEndian: UInt64(offset))
        return output
    }
}

/// A file that is hashed while it is written.
private struct HashedFile: ~Copyable {
    private let descriptor: Int32
    private let path: String
    private var hasher = SHA256()
    private(set) var offset = 0

    init(_ path: String) throws(LogError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw LogError(LMDBError(code: errno, action: "make \(path)")) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    mutating func write(_ bytes: [UInt8]) throws(LogError) {
        hasher.update(bytes)
        try put(bytes)
    }

    /// Writes the last bytes and the hash, and syncs the file.
    mutating func finish(_ bytes: [UInt8]) throws(LogError) {
        try write(bytes)
        var hasher = SHA256()
        swap(&hasher, &self.hasher)
        try put(hasher.finalize().bytes)
        guard fsync(descriptor) == 0 else { throw LogError(LMDBError(code: errno, action: "sync \(path)")) }
    }

    private mutating func put(_ bytes: [UInt8]) throws(LogError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + done }, bytes.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw LogError(LMDBError(code: errno, action: "write \(path)")) }
            done += count
        }
        offset += bytes.count
    }
}
