import Nostr

/// RFC 6962's Merkle tree (section 2.1).
public enum MerkleTree {
    /// The root of a tree without leaves: SHA-256 of nothing.
    public static let emptyRoot = SHA256.hash([])

    /// The hash of a leaf: SHA-256(00 ‖ data).
    public static func leafHash(_ data: [UInt8]) -> Bytes32 {
        data.withUnsafeBytes { leafHash($0) }
    }

    /// The hash of a leaf: SHA-256(00 ‖ data).
    public static func leafHash(_ data: UnsafeRawBufferPointer) -> Bytes32 {
        var hasher = SHA256()
        hasher.update(byte: 0)
        hasher.update(data)
        return hasher.finalize()
    }

    /// The hash of a node: SHA-256(01 ‖ left ‖ right).
    public static func nodeHash(_ left: Bytes32, _ right: Bytes32) -> Bytes32 {
        var hasher = SHA256()
        hasher.update(byte: 1)
        hasher.update(left)
        hasher.update(right)
        return hasher.finalize()
    }

    /// The root over leaf hashes.
    public static func root(of leafHashes: some Sequence<Bytes32>) -> Bytes32 {
        var frontier = Frontier()
        for hash in leafHashes { frontier.append(hash) }
        return frontier.root
    }
}

/// The right edge of a growing tree: the roots of its complete subtrees, largest first. All that appending needs.
public struct Frontier: Equatable, Sendable {
    /// How many leaves the tree has.
    public private(set) var size: UInt64 = 0
    /// One root for each bit that is set in `size`, largest subtree first.
    public private(set) var roots: [Bytes32] = []

    /// A tree without leaves.
    public init() {}

    /// A frontier read back; `nil` when the number of roots does not fit the size.
    public init?(size: UInt64, roots: [Bytes32]) {
        guard roots.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.roots = roots
    }

    /// Adds a leaf, and calls `completed` with level and root of every subtree that it completes, from small to large.
    public mutating func append(_ leafHash: Bytes32, completed: (Int, Bytes32) throws -> Void) rethrows {
        var hash = leafHash
        var level = 0
        while size >> UInt64(level) & 1 == 1, let left = roots.popLast() {
            hash = MerkleTree.nodeHash(left, hash)
            level += 1
            try completed(level, hash)
        }
        roots.append(hash)
        size += 1
    }

    /// Adds a leaf.
    public mutating func append(_ leafHash: Bytes32) { append(leafHash) { _, _ in } }

    /// The root of the whole tree.
    public var root: Bytes32 {
        guard var hash = roots.last else { return MerkleTree.emptyRoot }
        for left in roots.dropLast().reversed() { hash = MerkleTree.nodeHash(left, hash) }
        return hash
    }
}
