/// Why a log cannot be opened, read or written. The text is fit for a user, and says what to do where something can be
/// done.
public enum LogError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another process has the log open for writing.
    case locked(directory: String, process: String)
    /// There is no such directory, or no log in it.
    case missing(String)
    /// The directory holds something else, or a log that a newer program wrote.
    case foreign(String)
    /// An entry is damaged; the number is its position.
    case damaged(UInt64, String)
    /// A table other than the entries is damaged.
    case damagedTable(String)
    /// LMDB or the system refused.
    case storage(LMDBError)
    /// An earlier commit failed: nothing is written any more, for what is on the disk is not known (AUDIT.md).
    case poisoned(String)

    /// The message for a user.
    public var description: String {
        switch self {
        case .locked(let directory, let process):
            "another ringdown-relay\(process.isEmpty ? "" : " (process \(process))") is using \(directory); "
                + "stop it, or use another --data"
        case .missing(let text), .foreign(let text), .damagedTable(let text): text
        case .damaged(let seq, let reason): "entry \(seq): \(reason)"
        case .storage(let error): error.description
        case .poisoned(let reason):
            "the log takes no more entries after a failed commit (\(reason)); restart the relay once the cause is gone"
        }
    }

    /// Whether another process holds the log.
    public var isLocked: Bool { if case .locked = self { true } else { false } }

    /// The position of the damaged entry, where there is one.
    public var damagedEntry: UInt64? { if case .damaged(let seq, _) = self { seq } else { nil } }
}
