import Nostr

/// The tree in tiles (C2SP tlog-tiles), for whoever wants to compute proofs without asking for each.
extension LogReader {
    /// The bytes of a tile; `nil` if the tree does not have it yet.
    public func tile(_ path: TilePath) throws(LogError) -> [UInt8]? {
        switch path.kind {
        case .hashes(let level): try hashTile(level: level, index: path.index, width: path.width)
        case .entries: try entryTile(index: path.index, width: path.width)
        }
    }

    /// `width` hashes of complete subtrees of 256 to the power of `level` leaves; `nil` if the tree does not have them
    /// all.
    public func hashTile(
        level: Int, index: UInt64, width: Int = TilePath.fullWidth
    ) throws(LogError) -> [UInt8]? {
        guard level >= 0, let range = range(level: level, index: index, width: width) else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(width * Bytes32.count)
        for place in range {
            let hash = level == 0 ? try leafHash(at: place) : try tile(level: level, index: place)
            hash.append(to: &output)
        }
        return output
    }

    /// `width` leaves, each after its length in two bytes; `nil` if the log does not have them all.
    public func entryTile(index: UInt64, width: Int = TilePath.fullWidth) throws(LogError) -> [UInt8]? {
        guard let range = range(level: 0, index: index, width: width) else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(width * (Leaf.size + 2))
        for seq in range {
            output.append(bigEndian: UInt16(Leaf.size))
            guard let leaf = try leaf(at: seq) else { return nil }
            output += leaf.encoded()
        }
        return output
    }

    /// The hash of a leaf, from its stored bytes, or as it was kept when the entry was archived.
    public func leafHash(at seq: UInt64) throws(LogError) -> Bytes32 {
        try subtreeRoot(seq..<seq + 1)
    }

    /// The places of a tile's hashes among those of its level, if the tree has them all.
    private func range(level: Int, index: UInt64, width: Int) -> Range<UInt64>? {
        // No log has 256 to the power of 8 entries.
        guard level < UInt64.bitWidth / Tile.height, (1...TilePath.fullWidth).contains(width) else { return nil }
        let count = size >> UInt64(level * Tile.height)
        guard index <= count / UInt64(TilePath.fullWidth) else { return nil }
        let first = index * UInt64(TilePath.fullWidth)
        guard first + UInt64(width) <= count else { return nil }
        return first..<first + UInt64(width)
    }
}
