import Log
import Nostr

/// Why a monitor calls.
struct Alarm: Error, Equatable {
    /// What happened, as a stable word for programs.
    enum Kind: String {
        /// The log has another history than the one that was seen.
        case fork
        /// A part of the tree is not there.
        case gap
        /// The log has fewer entries than it had.
        case rollback
        /// Another key, or another log under this address.
        case otherKey = "other_key"
        case otherLog = "other_log"
        /// A signature, a tile or an entry is not what it has to be.
        case damaged
        /// The checkpoint lacks the witnesses that the policy asks for.
        case witnesses
        /// The checkpoint is older than it may be.
        case stale
        /// An entry is not what the rules give.
        case divergence
        /// Nobody answers.
        case unreachable
    }

    var kind: Kind
    var text: String

    init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }
}

/// Reads the tiles that a tree has beyond one that was seen, and goes from the old root to the new one.
///
/// The right edge of the old tree and the new leaves give the new root: no proof is asked for, and nothing that was seen
/// can have changed if it comes out. Every tile that is new is compared with the leaves, too, so that whoever computes
/// proofs from tiles gets the same.
enum TreeWalk {
    /// - Returns: the right edge of the new tree, and the time of its last entry in microseconds.
    static func walk(
        _ source: inout some TreeSource, from seen: Frontier, to checkpoint: Checkpoint,
        progress: (UInt64, UInt64) -> Void = { _, _ in }
    ) throws -> (frontier: Frontier, time: Int64?) {
        var frontier = seen
        var time: Int64?
        /// The hashes of the new tiles, by their level; those of a level are made from the tiles below.
        var roots: [Int: [UInt64: Bytes32]] = [:]
        for path in TilePath.tiles(from: seen.size, to: checkpoint.size).sorted(by: TreeWalk.areInOrder) {
            guard let tile = try source.tile(path) else {
                throw Alarm(.gap, "\(path.text) is missing, although the checkpoint covers \(checkpoint.size) entries")
            }
            switch path.kind {
            case .entries:
                let leaves = try leaves(tile, path)
                time = leaves.last?.time ?? time
                var hashes: [UInt64: Bytes32] = [:]
                for leaf in leaves {
                    let hash = leaf.hash
                    hashes[leaf.seq] = hash
                    if leaf.seq == frontier.size { frontier.append(hash) }
                }
                roots[0, default: [:]].merge(hashes) { $1 }
                progress(frontier.size - seen.size, checkpoint.size - seen.size)
            case .hashes(let level):
                let hashes = try compare(tile, path, with: roots[level] ?? [:])
                // What is below is not needed any more.
                if level > 0 || path.width == TilePath.fullWidth {
                    for place in hashes.indices { roots[level]?[path.index * 256 + UInt64(place)] = nil }
                }
                guard path.width == TilePath.fullWidth else { continue }
                roots[level + 1, default: [:]][path.index] = MerkleTree.root(of: hashes)
            }
        }
        guard frontier.size == checkpoint.size, frontier.root == checkpoint.root else {
            throw Alarm(
                .fork,
                """
                the entries do not lead from the \(seen.size) that were seen to the checkpoint over \(checkpoint.size): \
                the log was rewritten, or its tiles are not those of its checkpoint
                """)
        }
        return (frontier, time)
    }

    /// Leaves first, then their hashes, then the levels above.
    private static func areInOrder(_ left: TilePath, _ right: TilePath) -> Bool {
        func rank(_ path: TilePath) -> (Int, UInt64, Int) {
            switch path.kind {
            case .entries: (0, path.index, 0)
            case .hashes(let level): level == 0 ? (0, path.index, 1) : (level, path.index, 1)
            }
        }
        return rank(left) < rank(right)
    }

    private static func leaves(_ tile: [UInt8], _ path: TilePath) throws -> [Leaf] {
        var leaves: [Leaf] = []
        var rest = tile[...]
        while rest.count >= 2 + Leaf.size, rest.prefix(2).elementsEqual([0, UInt8(Leaf.size)]) {
            guard let leaf = try? Leaf(decoding: Array(rest.dropFirst(2).prefix(Leaf.size))),
                leaf.seq == path.index * UInt64(TilePath.fullWidth) + UInt64(leaves.count),
                leaf.time >= leaves.last?.time ?? .min
            else {
                throw Alarm(.damaged, "\(path.text) holds something that is no leaf, or leaves in another order")
            }
            leaves.append(leaf)
            rest = rest.dropFirst(2 + Leaf.size)
        }
        guard rest.isEmpty, leaves.count == path.width else {
            throw Alarm(.damaged, "\(path.text) does not hold \(path.width) leaves")
        }
        return leaves
    }

    private static func compare(
        _ tile: [UInt8], _ path: TilePath, with roots: [UInt64: Bytes32]
    ) throws -> [Bytes32] {
        guard tile.count == path.width * Bytes32.count else {
            throw Alarm(.damaged, "\(path.text) does not hold \(path.width) hashes")
        }
        let hashes = (0..<path.width).compactMap { Bytes32(tile[$0 * Bytes32.count..<($0 + 1) * Bytes32.count]) }
        for (place, hash) in hashes.enumerated() {
            let known = roots[path.index * UInt64(TilePath.fullWidth) + UInt64(place)]
            guard known == nil || known == hash else {
                throw Alarm(.damaged, "\(path.text) has a hash that is not that of what lies below it")
            }
        }
        return hashes
    }
}
