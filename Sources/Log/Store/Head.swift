import Nostr

/// Where the log ends: what the next entry builds on. Changed by every commit.
struct Head: Equatable {
    /// The tree's right edge, and so the log's size.
    var frontier = Frontier()
    /// The time of the last entry, 0 before the first.
    var lastTime: Int64 = 0
    /// How many shared contents there are; the next one gets this number.
    var contents: UInt64 = 0

    /// The key in table `meta`.
    static let key = Head.metaKey("head")

    static func metaKey(_ name: StaticString) -> Key {
        Key(copying: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    init() {}

    /// Checksum, last time, number of contents, frontier.
    var encoded: [UInt8] {
        var rest: [UInt8] = []
        rest.append(bigEndian: lastTime)
        rest.append(bigEndian: contents)
        rest.append(contentsOf: frontier.encoded)
        return Checksum.sealed(rest, seed: 0)
    }

    /// - Throws: `LogError.damaged`
    init(_ bytes: UnsafeRawBufferPointer) throws(LogError) {
        guard let rest = Checksum.opened(bytes, seed: 0) else { throw Head.damaged }
        var reader = ByteReader(rest)
        guard let lastTime = reader.number(Int64.self), let contents = reader.number(UInt64.self),
            let frontier = Frontier(rest.slice(reader.position..<rest.count))
        else { throw Head.damaged }
        self.lastTime = lastTime
        self.contents = contents
        self.frontier = frontier
    }

    private static let damaged = LogError.damaged(
        seq: nil, reason: "the log's head (size, last time and tree) is damaged")
}

extension Checksum {
    /// The bytes behind their checksum.
    static func sealed(_ bytes: [UInt8], seed: UInt64) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(size + bytes.count)
        output.append(bigEndian: bytes.withUnsafeBytes { short($0, seed: seed) })
        output.append(contentsOf: bytes)
        return output
    }

    /// The bytes behind their checksum, or `nil` if it does not match.
    static func opened(_ sealed: UnsafeRawBufferPointer, seed: UInt64) -> UnsafeRawBufferPointer? {
        guard sealed.count >= size else { return nil }
        let bytes = sealed.slice(size..<sealed.count)
        return short(bytes, seed: seed) == sealed.number(at: 0, as: UInt32.self) ? bytes : nil
    }
}
