import Log
import Nostr

/// The leaf hashes of a log, gathered into the roots of complete 256-leaf subtrees.
struct LeafHashes {
    /// Leaves under one stored root (level 8).
    static let tileLeaves = 256

    /// The roots of the complete subtrees, in order.
    private(set) var tiles: [Bytes32] = []
    private var rest: [Bytes32] = []

    mutating func append(_ hash: Bytes32) {
        rest.append(hash)
        guard rest.count == LeafHashes.tileLeaves else { return }
        tiles.append(MerkleTree.root(of: rest))
        rest.removeAll(keepingCapacity: true)
    }

    /// The RFC 6962 root over all leaves. A complete subtree of a power of two stands for its leaves: the tree above it
    /// is split where it would be split over them.
    var root: Bytes32 {
        MerkleTree.root(of: rest.isEmpty ? tiles : tiles + [MerkleTree.root(of: rest)])
    }
}
