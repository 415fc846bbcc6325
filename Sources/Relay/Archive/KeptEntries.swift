import Log
import Nostr
import Reducers

/// Which archived entries stay in the log as well, because people ask for them at any time: who made whom a member, under
/// which policy, what was erased, and the checkpoints. They are few.
enum KeptEntries {
    /// Entries that can follow from one input and may lie beyond the range.
    private static let lookahead: UInt64 = 64

    /// The positions, rising.
    static func positions(in range: Range<UInt64>, of log: EventLog) throws -> [UInt64] {
        var kept: Set<UInt64> = []
        var input: UInt64?
        try log.read { reader in
            try reader.forEachEntry(
                from: range.lowerBound, to: range.upperBound + lookahead, checkingCommitments: false,
                absent: { _ in true }
            ) { entry in
                let seq = entry.leaf.seq
                switch entry.leaf.type {
                case .configuration, .operatorCommand, .erasure: kept.insert(seq)
                case .mark: if case .checkpoint? = try? entry.input() { kept.insert(seq) }
                case .membershipEffect:
                    // With the command that it follows from, and the decision about it.
                    if let input { kept.formUnion(input...seq) }
                    kept.insert(seq)
                default: break
                }
                if !entry.leaf.type.isOutput { input = seq }
                return true
            }
        }
        return kept.filter(range.contains).sorted()
    }
}
