import Nostr

extension LogReader {
    /// Reads every entry and checks everything that the log says about itself: checksums, commitments, times, the
    /// Merkle tree by both routes, stored subtrees, and shared contents. Returns the root that came out.
    ///
    /// - Parameter progress: called now and then with the number of entries done and of all.
    /// - Throws: `LogError.damaged` for the first thing that is not as it should be.
    @discardableResult
    public func checkTree(progress: ((UInt64, UInt64) -> Void)? = nil) throws -> Bytes32 {
        try checkEnds()
        try checkContents()
        let cut = try cut()
        var frontier = Frontier()
        var tiles: UInt64 = 0
        var time = Int64.min
        // Of what is archived and not here the hashes are there.
        try forEachEntry(absent: { _ in true }) { entry in
            let seq = entry.leaf.seq
            while frontier.size < seq { try add(try keptHash(at: frontier.size), to: &frontier, &tiles) }
            guard entry.leaf.time >= time else {
                throw LogError.damaged(seq: seq, reason: "its time is before that of the entry before")
            }
            time = entry.leaf.time
            let isOutside = cut.map { !$0.range.contains(seq) } ?? false
            guard entry.payload != nil || entry.leaf.flags & LeafFlags.erasable != 0 || isOutside else {
                throw LogError.damaged(seq: seq, reason: "its payload is missing, although it may not be erased")
            }
            try add(entry.leaf.hash, to: &frontier, &tiles)
            if let progress, seq.isMultiple(of: EventLog.progressInterval) { progress(seq, size) }
            return true
        }
        guard frontier == head.frontier else {
            throw LogError.damaged(seq: nil, reason: "the entries do not lead to the root that the log's head has")
        }
        guard size == 0 || time == head.lastTime else {
            throw LogError.damaged(seq: nil, reason: "the log's head has another time than the last entry")
        }
        try checkKeptHashes()
        let storedTiles = UInt64(try transaction.statistics(.tile).ms_entries) - keptHashItems
        guard storedTiles == tiles else {
            throw LogError.damaged(seq: nil, reason: "\(storedTiles) subtrees are stored instead of \(tiles)")
        }
        return frontier.root
    }

    /// Adds a leaf, and compares the subtrees that it completes with those that are stored.
    private func add(_ hash: Bytes32, to frontier: inout Frontier, _ tiles: inout UInt64) throws(LogError) {
        let seq = frontier.size
        try frontier.append(hash) { height, index, root throws(LogError) in
            guard height.isMultiple(of: Tile.height) else { return }
            tiles += 1
            guard try tile(level: height / Tile.height, index: index) == root else {
                let first = index << UInt64(height)
                throw .damaged(
                    seq: nil, reason: "the stored root over the entries from \(first) to \(seq) is wrong")
            }
        }
    }

    /// Compares what is stored beside the entries with what somebody else computed from them: the stored subtrees, the
    /// log's end, and the shared contents.
    ///
    /// - Parameter roots: the roots over each complete run of 256 entries.
    /// - Throws: `LogError.damaged` for the first difference.
    public func checkSubtrees(_ roots: [Bytes32]) throws {
        try checkEnds()
        try checkContents()
        if size > 0, let last = try leaf(at: size - 1), last.time != head.lastTime {
            throw LogError.damaged(seq: nil, reason: "the log's head has another time than the last entry")
        }
        var stored: UInt64 = 0
        var level = 1
        var roots = roots
        while !roots.isEmpty {
            for (index, root) in roots.enumerated() {
                guard try tile(level: level, index: UInt64(index)) == root else {
                    let span = UInt64(1) << UInt64(level * Tile.height)
                    let first = UInt64(index) * span
                    throw LogError.damaged(
                        seq: nil,
                        reason: "the stored root over the entries from \(first) to \(first + span - 1) is wrong")
                }
                stored += 1
            }
            let span = 1 << Tile.height
            let parents = (0..<roots.count / span)
            roots = parents.map { MerkleTree.root(of: Array(roots[$0 * span..<($0 + 1) * span])) }
            level += 1
        }
        try checkKeptHashes()
        let tiles = UInt64(try transaction.statistics(.tile).ms_entries) - keptHashItems
        guard tiles == stored else {
            throw LogError.damaged(seq: nil, reason: "\(tiles) subtrees are stored instead of \(stored)")
        }
    }

    /// Checks the shared contents: their checksums, and that the head has counted them. That those which entries refer
    /// to are there is found with the entries.
    private func checkContents() throws {
        let contents = References(transaction)
        let numbers = try transaction.withCursor(.content) { cursor in
            var numbers: [UInt64] = []
            var item = try cursor.first()
            while let found = item {
                numbers.append(found.key.count == 8 ? found.key.number(at: 0) : .max)
                item = try cursor.next()
            }
            return numbers
        }
        for number in numbers {
            guard number < head.contents else {
                throw LogError.damaged(
                    seq: nil,
                    reason: "the shared content \(number) is stored, but the log's head has \(head.contents)")
            }
            _ = try contents.content(number)
        }
    }
}
