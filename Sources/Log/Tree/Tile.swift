import Nostr

/// Where the roots of complete subtrees are kept, so that proofs need not start from every leaf: those of 256 leaves,
/// of 256 times 256, and so on, which are the hashes that C2SP tlog-tiles serves from level 1 up.
enum Tile {
    /// Most hashes in one tile of C2SP tlog-tiles.
    static let width = 256
    /// Levels of the tree from one level of tiles to the next.
    static let height = 8

    /// The key in table `tile`: the level of tiles and the index of the subtree among its like.
    static func key(level: Int, index: UInt64) -> Key {
        var key = Key()
        key.append(UInt8(truncatingIfNeeded: level))
        key.append(index)
        return key
    }
}

extension LogReader {
    /// The root over the first `size` leaves.
    public func root(atSize size: UInt64) throws(LogError) -> Bytes32 {
        guard size <= self.size else { throw .misuse("the log has \(self.size) entries, not \(size)") }
        if size == self.size { return root }
        return try subtreeRoot(0..<size)
    }

    /// The root over all leaves computed anew from stored subtrees and leaves, a second route beside the frontier: to
    /// be compared with `root` before anything is signed (AUDIT.md, "Signing without ever lying").
    public func recomputedRoot() throws(LogError) -> Bytes32 {
        return try subtreeRoot(0..<size)
    }

    /// The hashes that lead from entry `seq` to the root of the tree of the first `size` entries, lowest first (RFC
    /// 6962 section 2.1.1). Checked before they are returned.
    public func inclusionProof(of seq: UInt64, inTreeOf size: UInt64) throws(LogError) -> [Bytes32] {
        guard seq < size, size <= self.size else {
            throw .misuse("no proof of entry \(seq) in a tree of \(size): the log has \(self.size) entries")
        }
        var proof: [Bytes32] = []
        for range in MerkleTree.inclusionPath(of: seq, size: size) {
            proof.append(try subtreeRoot(range))
        }
        let leafHash = try subtreeRoot(seq..<seq + 1)
        let root = try root(atSize: size)
        guard MerkleTree.verifyInclusion(leafHash: leafHash, index: seq, size: size, proof: proof, root: root) else {
            throw .damaged(seq: seq, reason: "the stored subtrees do not lead from it to the root")
        }
        return proof
    }

    /// The root of a subtree of the whole: a range that begins at a multiple of the smallest power of two that covers
    /// it.
    func subtreeRoot(_ leaves: Range<UInt64>) throws(LogError) -> Bytes32 {
        switch leaves.count {
        case 0: return MerkleTree.emptyRoot
        case 1:
            let seq = leaves.lowerBound
            guard let record = try storedRecord(at: seq) else { return try keptHash(at: seq) }
            return try Record(record, seq: seq).leaf.hash
        default: break
        }
        let size = UInt64(leaves.count)
        if size.nonzeroBitCount == 1, size.trailingZeroBitCount.isMultiple(of: Tile.height) {
            return try tile(level: size.trailingZeroBitCount / Tile.height, index: leaves.lowerBound / size)
        }
        let middle = leaves.lowerBound + MerkleTree.largestPowerOfTwo(below: size)
        let left = try subtreeRoot(leaves.lowerBound..<middle)
        return MerkleTree.nodeHash(left, try subtreeRoot(middle..<leaves.upperBound))
    }

    /// The stored root of a complete subtree.
    func tile(level: Int, index: UInt64) throws(LogError) -> Bytes32 {
        let stored = try LogError.wrapping { () throws(LMDBError) in
            try transaction.value(.tile, Tile.key(level: level, index: index))
        }
        guard let stored, stored.count == Bytes32.count else {
            let span = UInt64(1) << UInt64(level * Tile.height)
            let first = index * span
            throw .damaged(
                seq: nil, reason: "the root over the entries from \(first) to \(first + span - 1) is missing")
        }
        return Bytes32(stored)
    }
}
