import Glibc
import Nostr

/// An archive file that can be read. Opened for each read and closed again: there can be thousands.
struct ArchiveFile: Sendable {
    let path: String
    let header: ArchiveFormat.Header
    let places: [ArchiveFormat.Place]
    /// Which file it was: one that was written anew without what was erased has its name, and is another.
    private let identity: FileIdentity
    /// How long the file is.
    private var size: Int { identity.size }

    /// Opens a file; `nil` if there is none. Reads what says where things are, and not the blocks.
    init?(_ path: String) throws(ArchiveDamage) {
        guard let file = try OpenedFile(path) else { return nil }
        self.path = path
        identity = file.identity
        let size = file.identity.size
        guard size > ArchiveFormat.trailerSize else { throw .cut }
        let trailer = try file.read(at: size - ArchiveFormat.trailerSize, count: ArchiveFormat.trailerSize)
        let index: UInt64 = trailer.withUnsafeBytes { $0.number(at: 0) }
        guard index < UInt64(size - ArchiveFormat.trailerSize) else { throw .cut }
        let headBytes = try file.read(at: 0, count: min(Int(index), ArchiveFile.headLimit))
        header = try headBytes.withUnsafeBufferPointer { (bytes) throws(ArchiveDamage) in
            try ArchiveFormat.Header(UnsafeRawBufferPointer(bytes))
        }
        let indexBytes = try file.read(at: Int(index), count: size - ArchiveFormat.trailerSize - Int(index))
        places = try indexBytes.withUnsafeBufferPointer { (bytes) throws(ArchiveDamage) in
            try ArchiveFile.places(UnsafeRawBufferPointer(bytes), before: index)
        }
        let entries = header.end - header.first
        guard UInt64(places.count) == (entries + ArchiveFormat.blockEntries - 1) / ArchiveFormat.blockEntries else {
            throw ArchiveDamage("it does not have the blocks of its range")
        }
    }

    /// More than a header takes: its fields, a name of 65,535 bytes, and 256 roots.
    private static let headLimit = 1 << 17

    private static func places(
        _ bytes: UnsafeRawBufferPointer, before index: UInt64
    ) throws(ArchiveDamage) -> [ArchiveFormat.Place] {
        var reader = ByteReader(bytes)
        guard let count = reader.number(UInt32.self), reader.remaining == Int(count) * 16 else { throw .cut }
        var places: [ArchiveFormat.Place] = []
        while let offset = reader.number(UInt64.self), let size = reader.number(UInt32.self),
            let unpacked = reader.number(UInt32.self)
        {
            guard offset < index, UInt64(size) <= index - offset, unpacked < UInt32(ArchiveFormat.maximumBlockBytes)
            else { throw ArchiveDamage("its index points outside of it") }
            places.append(ArchiveFormat.Place(offset: offset, size: size, unpackedSize: unpacked))
        }
        return places
    }

    /// Reads the block in which an entry is. Its leaves are compared with the header's roots.
    func block(of seq: UInt64) throws(ArchiveDamage) -> ArchiveBlock {
        try block(Int((seq - header.first) / ArchiveFormat.blockEntries))
    }

    func block(_ index: Int) throws(ArchiveDamage) -> ArchiveBlock {
        let place = places[index]
        let file = try reopened()
        let frame = try file.read(at: Int(place.offset), count: Int(place.size))
        let bytes = try frame.withUnsafeBufferPointer { (frame) throws(ArchiveDamage) in
            try Zstandard.unpack(UnsafeRawBufferPointer(frame), size: Int(place.unpackedSize))
        }
        let block = try ArchiveBlock(bytes, first: header.first + UInt64(index) * ArchiveFormat.blockEntries)
        guard block.end == min(block.first + ArchiveFormat.blockEntries, header.end) else {
            throw ArchiveDamage("a block does not have the entries of its range")
        }
        let runs = Int(ArchiveFormat.blockEntries / ArchiveFormat.rootEntries)
        guard block.roots.elementsEqual(header.roots[index * runs..<min((index + 1) * runs, header.roots.count)])
        else { throw ArchiveDamage("the entries from \(block.first) to \(block.end - 1) do not give its own roots") }
        return block
    }

    private func reopened() throws(ArchiveDamage) -> OpenedFile {
        guard let file = try OpenedFile(path), file.identity == identity else { throw .replaced }
        return file
    }

    /// Whether the whole file has the hash that it ends with.
    func checkHash() throws(ArchiveDamage) {
        let file = try reopened()
        var hasher = SHA256()
        var offset = 0
        let end = size - Bytes32.count
        while offset < end {
            let part = try file.read(at: offset, count: min(ArchiveFile.hashBytes, end - offset))
            hasher.update(part)
            offset += part.count
        }
        let stated = try file.read(at: end, count: Bytes32.count)
        guard hasher.finalize().bytes == stated else {
            throw ArchiveDamage("its bytes do not have the hash that it ends with")
        }
    }

    private static let hashBytes = 1 << 20
}

/// What tells a file from another one of its name.
private struct FileIdentity: Equatable, Sendable {
    let size: Int
    let inode: UInt
    let seconds: Int
    let nanoseconds: Int

    init(_ status: stat) {
        size = Int(status.st_size)
        inode = status.st_ino
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}

/// A file while it is being read.
private struct OpenedFile: ~Copyable {
    private let descriptor: Int32
    let identity: FileIdentity

    /// `nil` if there is none.
    init?(_ path: String) throws(ArchiveDamage) {
        descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 {
            guard errno != ENOENT else { return nil }
            throw ArchiveDamage("it cannot be opened: \(String(cString: strerror(errno)))")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw ArchiveDamage("it cannot be read: \(reason)")
        }
        identity = FileIdentity(status)
    }

    deinit { close(descriptor) }

    func read(at offset: Int, count: Int) throws(ArchiveDamage) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                pread(descriptor, buffer.baseAddress.map { $0 + done }, count - done, off_t(offset + done))
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw ArchiveDamage("it cannot be read: \(String(cString: strerror(errno)))") }
            guard got > 0 else { throw .cut }
            done += got
        }
        return bytes
    }
}
