import Synchronization

/// Whether the log may still be written. After a failed commit it may not: what is on the disk is not known, and only a
/// new start finds out (AUDIT.md, "LMDB: what it promises and what it does not").
final class WriterHealth: Sendable {
    private let failure = Mutex<String?>(nil)

    func check() throws(LogError) {
        if let reason = failure.withLock({ $0 }) { throw .poisoned(reason) }
    }

    func poison(_ error: LMDBError) { failure.withLock { $0 = $0 ?? error.description } }
}
