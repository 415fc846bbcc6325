import Log
import Nostr

/// Compares what is stored beside the entries with what the entries give: the tree, contents that are stored once, and the
/// indexes.
struct DerivedCheck {
    let log: EventLog
    /// The root that the log stated when the verification began, and the one that its entries have.
    let stated: Bytes32
    let computed: Bytes32

    /// Returns the first difference.
    ///
    /// - Throws: `LogError` when the log cannot be read.
    func divergence(progress: Verifier.Progress?) throws -> Divergence? {
        guard stated == computed else {
            return Divergence(nil, .tree, expected: "the root \(computed)", found: "\(stated)")
        }
        do {
            return try log.read { reader in
                try reader.checkTree { progress?(.tree, $0, $1) }
                return try reader.checkIndexes { progress?(.indexes, $0, $1) }.map { difference in
                    Divergence(nil, .index, expected: "the indexes that the entries give", found: difference)
                }
            }
        } catch let error as LogError {
            guard case .damaged(let seq, let reason) = error else { throw error }
            return Divergence(seq, .tree, expected: "what the entries give", found: reason)
        }
    }
}
