import Nostr

/// Brings entries of a damaged log into a new one, in order, each checked as if a stranger had handed it over.
public struct Salvage {
    private let log: EventLog

    /// Goes on where `log` ends, which is open for writing.
    public init(to log: EventLog) { self.log = log }

    /// How many entries the new log has.
    public func size() throws -> UInt64 { try log.read { $0.size } }

    /// Takes what the damaged log gives when it is read as usual. That may kill the process.
    ///
    /// - Parameter entriesPerCommit: what is lost of the work if it does.
    /// - Returns: why it ended before the log's end; `nil` if it did not.
    public func take(
        from damaged: EventLog, entriesPerCommit: UInt64, progress: (UInt64, UInt64) -> Void
    ) throws -> String? {
        let end = try damaged.read { $0.size }
        while true {
            let start = try size()
            guard start < end else { return nil }
            progress(start, end)
            var entries: [ExportedEntry] = []
            var reason: String?
            do {
                try damaged.read { reader in
                    try reader.forEachEntry(from: start, to: min(end, start + entriesPerCommit)) { entry in
                        entries.append(ExportedEntry(entry))
                        return true
                    }
                }
            } catch {
                reason = "\(error)"
            }
            let refused = try append(entries)
            if let reason = refused ?? reason { return reason }
        }
    }

    /// Takes entries from somewhere else until one is not there or cannot be the next.
    ///
    /// - Parameter entry: looks for an entry by its position.
    /// - Returns: how many were taken.
    @discardableResult
    public func take(upTo end: UInt64, _ entry: (UInt64) throws -> ExportedEntry?) throws -> UInt64 {
        let start = try size()
        var next = start
        while next < end {
            var entries: [ExportedEntry] = []
            while entries.count < Salvage.entriesPerCommit, next < end, let found = try entry(next) {
                entries.append(found)
                next += 1
            }
            let refused = try append(entries)
            if refused != nil || entries.count < Salvage.entriesPerCommit { break }
        }
        return try size() - start
    }

    private static let entriesPerCommit = 1000

    /// - Returns: why one was not taken.
    private func append(_ entries: [ExportedEntry]) throws -> String? {
        guard !entries.isEmpty else { return nil }
        let batch = try log.beginBatch()
        var refused: String?
        for entry in entries {
            do {
                try batch.restore(entry)
            } catch let error as LogError where error.isMisuse {
                refused = "\(error)"
                break
            }
        }
        try batch.commit()
        return refused
    }
}

/// Keeps a relay, and another repair, away from a directory as long as it lives.
public final class DirectoryClaim: Sendable {
    private let lock: DirectoryLock

    /// - Throws: `LogError.locked` if somebody is writing there.
    public init(_ directory: String) throws(LogError) { lock = try DirectoryLock(directory: directory) }
}
