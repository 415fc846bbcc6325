import Nostr

/// Consistency proofs: that a later tree begins with every leaf of an earlier one (RFC 6962 section 2.1.2).
extension MerkleTree {
    /// The hashes that show that the tree over `hashes` begins with its own first `old` leaves.
    public static func consistencyProof(from old: Int, in hashes: [Bytes32]) -> [Bytes32] {
        precondition((0...hashes.count).contains(old), "the tree has no \(old) leaves")
        return consistencyPath(from: UInt64(old), to: UInt64(hashes.count)).map {
            root(of: Array(hashes[Int($0.lowerBound)..<Int($0.upperBound)]))
        }
    }

    /// The subtrees, as ranges of leaves, whose roots make the consistency proof from `old` to `new` leaves. None for
    /// an empty old tree, which every tree begins with, nor between equal sizes.
    static func consistencyPath(from old: UInt64, to new: UInt64) -> [Range<UInt64>] {
        guard old > 0, old < new else { return [] }
        var path: [Range<UInt64>] = []
        var tree: Range<UInt64> = 0..<new
        // Whether the subtree that is left is the old tree itself, whose root the verifier has.
        var isWhole = true
        while old != tree.upperBound {
            let middle = tree.lowerBound + largestPowerOfTwo(below: tree.upperBound - tree.lowerBound)
            if old <= middle {
                path.append(middle..<tree.upperBound)
                tree = tree.lowerBound..<middle
            } else {
                path.append(tree.lowerBound..<middle)
                tree = middle..<tree.upperBound
                isWhole = false
            }
        }
        if !isWhole { path.append(tree) }
        return path.reversed()
    }

    /// Whether `proof` shows that the tree of `newSize` leaves begins with the one of `oldSize` (RFC 9162 section
    /// 2.1.4.2).
    public static func verifyConsistency(
        oldSize: UInt64, oldRoot: Bytes32, newSize: UInt64, newRoot: Bytes32, proof: [Bytes32]
    ) -> Bool {
        guard oldSize <= newSize else { return false }
        if oldSize == newSize { return proof.isEmpty && oldRoot == newRoot }
        if oldSize == 0 { return proof.isEmpty && oldRoot == emptyRoot }
        var rest = proof[...]
        if oldSize.nonzeroBitCount == 1 { rest = [oldRoot] + rest }
        guard let first = rest.popFirst() else { return false }
        var node = oldSize - 1
        var last = newSize - 1
        while node & 1 == 1 {
            node >>= 1
            last >>= 1
        }
        var old = first
        var new = first
        for hash in rest {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                old = nodeHash(hash, old)
                new = nodeHash(hash, new)
                while node & 1 == 0 && node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                new = nodeHash(new, hash)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && old == oldRoot && new == newRoot
    }
}

extension LogReader {
    /// The hashes that show that the tree of the first `new` entries begins with the first `old` ones. Checked before
    /// they are returned.
    public func consistencyProof(from old: UInt64, to new: UInt64) throws(LogError) -> [Bytes32] {
        guard old <= new, new <= size else {
            throw .misuse("no proof from \(old) to \(new) entries: the log has \(size)")
        }
        var proof: [Bytes32] = []
        for range in MerkleTree.consistencyPath(from: old, to: new) { proof.append(try subtreeRoot(range)) }
        let holds = MerkleTree.verifyConsistency(
            oldSize: old, oldRoot: try root(atSize: old), newSize: new, newRoot: try root(atSize: new), proof: proof)
        guard holds else {
            throw .damaged(seq: nil, reason: "the stored subtrees do not lead from \(old) to \(new) entries")
        }
        return proof
    }
}
