import Nostr

/// Why nothing was signed (AUDIT.md, "Signing without ever lying"). Whoever gets one of these must not sign in another
/// way: it means that a signature would contradict one that is out already, or a log that is not what was written.
public enum SigningError: Error, Equatable, Sendable {
    /// The log has fewer entries than were signed: its tail is lost, or a backup was restored.
    case rollback(size: UInt64, signed: UInt64)
    /// The log is as long as what was signed, but has another history: it is a restored backup that went on by itself,
    /// or was rewritten.
    case fork(size: UInt64, signedRoot: Bytes32, root: Bytes32)
    /// The two routes to the root disagree, or stored bytes are not what was written.
    case damaged(String)
    /// `last-signed` cannot be read as what this program writes.
    case lastSignedDamaged(path: String, reason: String)
    /// `last-signed` is about another log, or by another key.
    case lastSignedOfAnother(path: String, reason: String)
    /// There is no `last-signed`, although the log holds checkpoints that were signed.
    case lastSignedMissing(path: String)
    /// Nothing was appended yet.
    case emptyLog
    /// The system did not do it: what was being done, the code, and its text.
    case storage(String)
}

extension SigningError: CustomStringConvertible {
    /// The message for the operator.
    public var description: String {
        switch self {
        case .rollback(let size, let signed):
            return """
                the log has \(size) entries, but a checkpoint over \(signed) was signed: its tail is lost, or a backup \
                was restored. Signing would contradict what others hold. Restore the log whole; if the tail is lost \
                for good, begin a new epoch that says so
                """
        case .fork(let size, let signedRoot, let root):
            return """
                the first \(size) entries have the root \(root.hex), but \(signedRoot.hex) was signed: this log has \
                another history than the one that others hold a checkpoint of. Restore the log that was signed, or \
                begin a new epoch that says so
                """
        case .damaged(let reason): return "the log is not what was written, and is not signed: \(reason)"
        case .lastSignedDamaged(let path, let reason):
            return """
                \(path) is damaged (\(reason)), so it is unknown what was signed last. Put back the newest checkpoint \
                that anybody holds of this log, as that file
                """
        case .lastSignedOfAnother(let path, let reason): return "\(path) is not this log's: \(reason)"
        case .lastSignedMissing(let path):
            return """
                \(path) is missing, although the log holds checkpoints: it is unknown what was signed last. Put back the \
                newest checkpoint that anybody holds of this log, as that file
                """
        case .emptyLog: return "the log is empty: there is nothing to sign"
        case .storage(let reason): return "nothing was signed: \(reason)"
        }
    }
}
