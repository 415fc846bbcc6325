import Nostr

/// The right edge of a growing Merkle tree: the roots of the complete subtrees that its leaves fall into, one for each
/// bit of the size. Enough to append, and to tell the root.
public struct Frontier: Equatable, Sendable {
    /// How many leaves there are.
    public private(set) var size: UInt64 = 0
    /// The subtrees' roots, the largest first.
    private(set) var hashes: [Bytes32] = []

    /// A tree without leaves.
    public init() {}

    /// Appends a leaf by its hash.
    public mutating func append(_ leafHash: Bytes32) {
        append(leafHash) { _, _, _ in }
    }

    /// Appends a leaf by its hash, and tells each subtree that it completes: height (1 for two leaves), index among
    /// those of its height, root.
    @inline(__always)
    mutating func append<E: Error>(
        _ leafHash: Bytes32, completed: (_ height: Int, _ index: UInt64, _ root: Bytes32) throws(E) -> Void
    ) throws(E) {
        var hash = leafHash
        var height = 0
        while size &>> UInt64(height) & 1 == 1 {
            guard let left = hashes.popLast() else { break }
            hash = MerkleTree.nodeHash(left, hash)
            height += 1
            try completed(height, size &>> UInt64(height), hash)
        }
        hashes.append(hash)
        size += 1
    }

    /// The root over all leaves.
    public var root: Bytes32 {
        guard var hash = hashes.last else { return MerkleTree.emptyRoot }
        for left in hashes.dropLast().reversed() { hash = MerkleTree.nodeHash(left, hash) }
        return hash
    }

    /// The size, eight bytes big-endian, and the hashes.
    public var encoded: [UInt8] {
        var output: [UInt8] = []
        withUnsafeBytes(of: size.bigEndian) { output.append(contentsOf: $0) }
        for hash in hashes { hash.append(to: &output) }
        return output
    }

    /// Reads what `encoded` gives; `nil` for anything else.
    public init?(decoding bytes: [UInt8]) {
        guard let frontier = bytes.withUnsafeBytes({ Frontier($0) }) else { return nil }
        self = frontier
    }

    init?(_ bytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes)
        guard let size = reader.number(UInt64.self), reader.remaining == size.nonzeroBitCount * Bytes32.count else {
            return nil
        }
        self.size = size
        hashes.reserveCapacity(size.nonzeroBitCount + 1)
        while let hash = reader.bytes32() { hashes.append(hash) }
    }
}
