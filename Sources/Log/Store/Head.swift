import Nostr

/// Where the log ends: the tree's frontier and the time of the last entry. One record in `meta`, written with every batch.
struct Head: Equatable, Sendable {
    static let key = Array("head".utf8)
    /// The format of the whole environment; a newer one is not opened.
    static let formatKey = Array("format".utf8)
    static let format = Array("NRL1 1".utf8)

    var frontier = Frontier()
    /// Microseconds since 1970.
    var lastTime: Int64 = 0

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: frontier.size)
        bytes.append(bigEndian: lastTime)
        for root in frontier.roots { root.append(to: &bytes) }
        return bytes
    }

    init() {}

    init(decoding bytes: UnsafeRawBufferPointer) throws(LogError) {
        var reader = ByteReader(bytes)
        guard let size: UInt64 = reader.integer(), let time: Int64 = reader.integer() else {
            throw .damagedTable("table meta: the head is too short")
        }
        var roots: [Bytes32] = []
        while let root = reader.take(Bytes32.count) { roots.append(Bytes32(root)) }
        guard reader.remaining.isEmpty, let frontier = Frontier(size: size, roots: roots) else {
            throw .damagedTable("table meta: the head's roots do not fit its size")
        }
        self.frontier = frontier
        lastTime = time
    }
}
