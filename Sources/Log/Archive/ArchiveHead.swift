import Nostr

/// What the log itself says about its archive: table `meta`, key `archive`.
struct ArchiveHead: Equatable {
    /// Entries before this position are in archive files.
    var end: UInt64 = 0
    /// Entries before this position have been removed, but for those that the relay still needs.
    var removedEnd: UInt64 = 0
    /// How many have been removed.
    var removed: UInt64 = 0
    /// The snapshot from which a replay goes on without the files; it is never pruned.
    var snapshot: UInt64 = 0

    static let key = Head.metaKey("archive")
    /// Where the list of files is, which is read only when it is needed.
    static let filesKey = Head.metaKey("archives")

    init() {}

    var encoded: [UInt8] {
        var output: [UInt8] = []
        for number in [end, removedEnd, removed, snapshot] { output.append(bigEndian: number) }
        return Checksum.sealed(output, seed: 1)
    }

    init(_ bytes: UnsafeRawBufferPointer) throws(LogError) {
        guard let rest = Checksum.opened(bytes, seed: 1), rest.count == 32 else { throw ArchiveHead.damaged }
        end = rest.number(at: 0)
        removedEnd = rest.number(at: 8)
        removed = rest.number(at: 16)
        snapshot = rest.number(at: 24)
        guard removedEnd <= end, removed <= removedEnd, end.isMultiple(of: ArchiveFormat.rootEntries) else {
            throw ArchiveHead.damaged
        }
    }

    static let damaged = LogError.damaged(seq: nil, reason: "what the log says about its archive is damaged")
}

/// An archive file as the log knows it.
public struct ArchivedRange: Equatable, Sendable {
    /// The first position.
    public let first: UInt64
    /// The position behind the last.
    public let end: UInt64
    /// The time of the last entry, in microseconds since 1970.
    public let lastTime: Int64

    /// A range.
    public init(first: UInt64, end: UInt64, lastTime: Int64) {
        self.first = first
        self.end = end
        self.lastTime = lastTime
    }

    /// The file's name.
    public var name: String { ArchiveFormat.name(first, end) }

    static func encode(_ ranges: [ArchivedRange]) -> [UInt8] {
        var output: [UInt8] = []
        for range in ranges {
            output.append(bigEndian: range.end)
            output.append(bigEndian: range.lastTime)
        }
        return Checksum.sealed(output, seed: 2)
    }

    static func decode(_ bytes: UnsafeRawBufferPointer) throws(LogError) -> [ArchivedRange] {
        guard let rest = Checksum.opened(bytes, seed: 2), rest.count.isMultiple(of: 16) else {
            throw ArchiveHead.damaged
        }
        var ranges: [ArchivedRange] = []
        var first: UInt64 = 0
        for offset in stride(from: 0, to: rest.count, by: 16) {
            let end: UInt64 = rest.number(at: offset)
            guard end > first else { throw ArchiveHead.damaged }
            ranges.append(ArchivedRange(first: first, end: end, lastTime: rest.number(at: offset + 8)))
            first = end
        }
        return ranges
    }
}
