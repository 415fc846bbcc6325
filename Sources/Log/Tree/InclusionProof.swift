import Nostr

/// That a leaf is in a tree (RFC 6962, section 2.1.1; RFC 9162, section 2.1.3.2 for the check).
public struct InclusionProof: Equatable, Sendable {
    /// The leaf's index.
    public var index: UInt64
    /// The number of leaves of the tree.
    public var size: UInt64
    /// The audit path, from the leaf to the root.
    public var path: [Bytes32]

    /// A proof with this path.
    public init(index: UInt64, size: UInt64, path: [Bytes32]) {
        self.index = index
        self.size = size
        self.path = path
    }

    /// Makes a proof. `subtree(level, index)` gives the root of the complete subtree of 2^level leaves.
    public init<Failure: Error>(
        index: UInt64, size: UInt64, subtree: (Int, UInt64) throws(Failure) -> Bytes32
    ) throws(Failure) {
        precondition(index < size)
        var path: [Bytes32] = []
        var start: UInt64 = 0
        var end = size
        while end - start > 1 {
            let half = UInt64(1) << UInt64(63 - (end - start - 1).leadingZeroBitCount)
            if index < start + half {
                path.append(try InclusionProof.root(start + half, end, subtree))
                end = start + half
            } else {
                path.append(try InclusionProof.root(start, start + half, subtree))
                start += half
            }
        }
        self.init(index: index, size: size, path: path.reversed())
    }

    /// The root over the leaves from `start` up to `end`, which begins at a multiple of its largest subtree.
    private static func root<Failure: Error>(
        _ start: UInt64, _ end: UInt64, _ subtree: (Int, UInt64) throws(Failure) -> Bytes32
    ) throws(Failure) -> Bytes32 {
        let count = end - start
        if count.nonzeroBitCount == 1 { return try subtree(count.trailingZeroBitCount, start / count) }
        let half = UInt64(1) << UInt64(63 - (count - 1).leadingZeroBitCount)
        return MerkleTree.nodeHash(try root(start, start + half, subtree), try root(start + half, end, subtree))
    }

    /// The root that the proof comes to for this leaf; `nil` for a path of the wrong length.
    public func root(leafHash: Bytes32) -> Bytes32? {
        guard index < size else { return nil }
        var position = index
        var last = size - 1
        var hash = leafHash
        for sibling in path {
            if last == 0 { return nil }
            if position & 1 == 1 || position == last {
                hash = MerkleTree.nodeHash(sibling, hash)
                while position & 1 == 0, position != 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                hash = MerkleTree.nodeHash(hash, sibling)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 ? hash : nil
    }
}
