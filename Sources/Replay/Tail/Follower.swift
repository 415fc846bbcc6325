import Glibc
import Log

/// Follows a log that another process writes, through its restarts, and through the exchange of its file when payloads
/// are erased.
struct Follower {
    /// How long it waits before it looks whether to stop, and whether the file is still the same.
    private static let patienceMilliseconds = 250
    /// Entries read in one read transaction.
    private static let entriesPerRead: UInt64 = 1_000

    private let directory: String
    private var log: EventLog?
    private var file: ino_t?
    /// The next entry.
    private(set) var position: UInt64

    /// Follows the log in a directory from the position on that `start` gives.
    ///
    /// It opens the log itself, since nobody else may hold it: a process has one environment for a directory.
    init(_ directory: String, from start: (borrowing LogReader) throws -> UInt64) throws {
        self.directory = directory
        file = Follower.file(of: directory)
        let log = try OpenLog.at(directory)
        position = try log.read(start)
        self.log = log
    }

    /// Hands on what is there.
    mutating func drain(_ body: (borrowing EntryView, borrowing LogReader) throws -> Void) throws {
        guard let log else { return }
        let size = try log.read { $0.size }
        while position < size { position = try Follower.read(log, from: position, body) }
    }

    /// Hands on entries as they come, until it is told to stop.
    ///
    /// - Parameters:
    ///   - shouldStop: asked several times a second.
    ///   - pause: called when what is there was handed on.
    /// - Throws: `ReplayFailure` when the log was replaced by a shorter one.
    mutating func run(
        until shouldStop: () -> Bool, pause: () throws -> Void,
        _ body: (borrowing EntryView, borrowing LogReader) throws -> Void
    ) throws {
        while !shouldStop() {
            try reopenIfReplaced()
            guard let log else {
                usleep(UInt32(Follower.patienceMilliseconds) * 1_000)
                continue
            }
            guard try log.waitForGrowth(beyond: position, timeoutMilliseconds: Follower.patienceMilliseconds) else {
                continue
            }
            position = try Follower.read(log, from: position, body)
            try pause()
        }
    }

    private static func read(
        _ log: EventLog, from position: UInt64, _ body: (borrowing EntryView, borrowing LogReader) throws -> Void
    ) throws -> UInt64 {
        try log.read { reader in
            let end = min(reader.size, position + entriesPerRead)
            try reader.forEachEntry(from: position, to: end, checkingCommitments: true) { entry in
                try body(entry, reader)
                return true
            }
            return end
        }
    }

    /// Opens the log again when its file is another one.
    private mutating func reopenIfReplaced() throws {
        let current = Follower.file(of: directory)
        guard current != file || log == nil else { return }
        // The old one is let go first.
        log = nil
        guard current != nil, let reopened = try? EventLog.open(directory: directory, mode: .readOnly) else { return }
        let size = try reopened.read { $0.size }
        guard size >= position else {
            throw ReplayFailure(
                .negative,
                """
                the log has become shorter: it has \(size) entries, and \(position) were read; somebody put back an older \
                copy, or began another log there
                """)
        }
        log = reopened
        file = current
    }

    private static func file(of directory: String) -> ino_t? {
        var status = stat()
        return stat("\(directory)/data.mdb", &status) == 0 ? status.st_ino : nil
    }
}
