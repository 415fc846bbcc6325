import Nostr

/// Merkle trees as RFC 6962 section 2.1 has them.
public enum MerkleTree {
    /// The root of a tree without leaves: SHA-256 of nothing.
    public static let emptyRoot = SHA256.hash([])

    /// SHA-256(00 ‖ leaf).
    public static func leafHash(_ leaf: UnsafeRawBufferPointer) -> Bytes32 {
        var hasher = SHA256()
        withUnsafeTemporaryAllocation(byteCount: leaf.count + 1, alignment: 8) { buffer in
            buffer[0] = 0
            UnsafeMutableRawBufferPointer(rebasing: buffer[1...]).copyMemory(from: leaf)
            hasher.update(UnsafeRawBufferPointer(buffer))
        }
        return hasher.finalize()
    }

    /// SHA-256(00 ‖ leaf).
    public static func leafHash(_ leaf: [UInt8]) -> Bytes32 {
        leaf.withUnsafeBytes { leafHash($0) }
    }

    /// SHA-256(01 ‖ left ‖ right).
    public static func nodeHash(_ left: Bytes32, _ right: Bytes32) -> Bytes32 {
        var hasher = SHA256()
        withUnsafeTemporaryAllocation(byteCount: 1 + 2 * Bytes32.count, alignment: 8) { buffer in
            buffer[0] = 1
            left.store(in: buffer, at: 1)
            right.store(in: buffer, at: 1 + Bytes32.count)
            hasher.update(UnsafeRawBufferPointer(buffer))
        }
        return hasher.finalize()
    }

    /// The root over these leaf hashes.
    public static func root(of hashes: [Bytes32]) -> Bytes32 {
        var frontier = Frontier()
        for hash in hashes { frontier.append(hash) }
        return frontier.root
    }

    /// The hashes that lead from leaf `index` to the root over `hashes`, lowest first (RFC 6962 section 2.1.1).
    public static func inclusionProof(of index: Int, in hashes: [Bytes32]) -> [Bytes32] {
        precondition(hashes.indices.contains(index), "the tree has no leaf \(index)")
        return inclusionPath(of: UInt64(index), size: UInt64(hashes.count)).map {
            root(of: Array(hashes[Int($0.lowerBound)..<Int($0.upperBound)]))
        }
    }

    /// The subtrees, as ranges of leaves, whose roots make the inclusion proof of leaf `index`, lowest first.
    static func inclusionPath(of index: UInt64, size: UInt64) -> [Range<UInt64>] {
        var path: [Range<UInt64>] = []
        var tree: Range<UInt64> = 0..<size
        while tree.count > 1 {
            let middle = tree.lowerBound + largestPowerOfTwo(below: UInt64(tree.count))
            if index < middle {
                path.append(middle..<tree.upperBound)
                tree = tree.lowerBound..<middle
            } else {
                path.append(tree.lowerBound..<middle)
                tree = middle..<tree.upperBound
            }
        }
        return path.reversed()
    }

    /// Whether `proof` leads from a leaf's hash to the root of a tree of `size` leaves (RFC 9162 section 2.1.3.2).
    public static func verifyInclusion(
        leafHash: Bytes32, index: UInt64, size: UInt64, proof: [Bytes32], root: Bytes32
    ) -> Bool {
        guard index < size else { return false }
        var node = index
        var last = size - 1
        var hash = leafHash
        for sibling in proof {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                hash = nodeHash(sibling, hash)
                while node & 1 == 0 && node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                hash = nodeHash(hash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }

    /// The largest power of two that is smaller than `size`, which is at least 2.
    static func largestPowerOfTwo(below size: UInt64) -> UInt64 {
        1 << UInt64(63 - (size - 1).leadingZeroBitCount)
    }
}
