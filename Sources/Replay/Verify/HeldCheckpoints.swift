import Log
import Nostr

/// The checkpoints that a log holds of itself, while it is verified.
struct HeldCheckpoints {
    /// The log's key, as entry 0 states it.
    var key: VerifierKey?
    /// How many entries the latest covers.
    private(set) var latestSize: UInt64 = 0
    private var taken: [(seq: UInt64, checkpoint: Checkpoint)] = []

    /// Checks what can be checked without the tree: the signature, the name, and that it does not run ahead or back.
    mutating func take(_ text: String, at seq: UInt64) throws(Divergence.Found) {
        let expected = "a checkpoint signed by the log's key"
        guard let key else { throw Divergence.Found(.checkpoint, expected: expected, found: "no key in entry 0") }
        let checkpoint: Checkpoint
        do throws(ProofError) {
            checkpoint = try SignedNote(parsing: text).verified(by: key)
        } catch {
            throw Divergence.Found(.checkpoint, expected: expected, found: error.description)
        }
        guard checkpoint.size <= seq, checkpoint.size >= latestSize else {
            throw Divergence.Found(
                .checkpoint, expected: "one over \(latestSize) to \(seq) entries",
                found: "one over \(checkpoint.size) entries")
        }
        latestSize = checkpoint.size
        taken.append((seq, checkpoint))
    }

    /// Compares the roots with those of the tree, which was found to be what the entries give.
    func divergence(in log: EventLog) throws -> Divergence? {
        try log.read { reader in
            for (seq, checkpoint) in taken {
                let root = try reader.root(atSize: checkpoint.size)
                guard root == checkpoint.root else {
                    return Divergence(
                        seq, .checkpoint,
                        expected: "the root \(root.hex) over the first \(checkpoint.size) entries",
                        found: "\(checkpoint.root.hex): entries were rewritten after the checkpoint was signed")
                }
            }
            return nil
        }
    }
}

/// A checkpoint that somebody kept, against a log that is right by itself.
enum KeptCheckpoint {
    /// What became of the log since, by name; else what was found before.
    static func divergence(
        of log: EventLog, from note: SignedNote, after found: Divergence?
    ) throws -> Divergence? {
        let finding: HistoryFinding
        do {
            finding = try log.read { reader in
                let key = try VerifierKey(parsing: LogCheckpoints.genesis(of: reader).verifierKey)
                return try HistoryFinding.compare(reader, with: note, by: key)
            }
        } catch {
            // A log that cannot be read that far has been found out by itself.
            guard let found else { throw error }
            return found
        }
        guard !finding.isConsistent else { return found }
        return Divergence(
            nil, .checkpoint, expected: "a log that continues the checkpoint that was kept",
            found: finding.text + (found.map { " (and by itself: \($0))" } ?? ""))
    }
}
