import Log
import Nostr

/// A consistency proof in a file, as the body that C2SP tlog-witness takes (add-checkpoint): `old` and a size, the hashes,
/// an empty line, and the new checkpoint. With a signed checkpoint any witness takes it as it is.
struct ConsistencyFile {
    /// Most hashes that such a proof can have (tlog-witness).
    static let maximumHashes = 63

    var oldSize: UInt64
    var hashes: [Bytes32]
    /// The new checkpoint, signed or not.
    var checkpoint: String

    var text: String {
        "old \(oldSize)\n" + hashes.map { Base64.encode($0.bytes) + "\n" }.joined() + "\n" + checkpoint
    }

    init(oldSize: UInt64, hashes: [Bytes32], checkpoint: String) {
        self.oldSize = oldSize
        self.hashes = hashes
        self.checkpoint = checkpoint
    }

    /// Reads a file: its form only.
    init(parsing text: String) throws(ProofFailure) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.first, first.hasPrefix("old "), let size = UInt64(first.dropFirst(4)),
            String(size) == first.dropFirst(4), let gap = lines.firstIndex(where: \.isEmpty)
        else { throw ProofFailure("this is no consistency proof: expected \"old\" and a size in its first line") }
        var hashes: [Bytes32] = []
        for line in lines[1..<gap] {
            guard hashes.count < ConsistencyFile.maximumHashes, let bytes = Base64.decode(line),
                let hash = Bytes32(bytes)
            else { throw ProofFailure("line \(hashes.count + 2) of the proof is no hash, or there are too many") }
            hashes.append(hash)
        }
        self.init(oldSize: size, hashes: hashes, checkpoint: lines[(gap + 1)...].joined(separator: "\n"))
    }

    /// Whether the file shows that the newer checkpoint begins with the older one.
    func verify(_ old: Checkpoint, _ new: Checkpoint) -> HistoryFinding {
        guard old.size <= new.size else { return .truncated(size: new.size, before: old.size) }
        if old.size == new.size, old.root != new.root { return .rewritten(size: old.size, first: nil) }
        guard oldSize == old.size else {
            return .badProof("it is one from \(oldSize) entries, and the older checkpoint has \(old.size)")
        }
        let body = (try? SignedNote(parsing: checkpoint))?.body ?? checkpoint
        guard let stated = try? Checkpoint(parsing: body), stated == new else {
            return .badProof("it is not one to the newer checkpoint")
        }
        let holds = MerkleTree.verifyConsistency(
            oldSize: old.size, oldRoot: old.root, newSize: new.size, newRoot: new.root, proof: hashes)
        guard holds else {
            return .badProof(
                "its hashes do not lead from the older checkpoint to the newer: one of the three was changed")
        }
        return .grown(from: old.size, to: new.size)
    }
}
