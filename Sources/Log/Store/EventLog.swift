import Glibc
import Nostr
import Synchronization

/// The append-only log in one directory.
///
/// Any thread may read; `beginBatch` gives the one batch that may be open at a time, for one thread. What a commit made
/// durable is what every later read sees, in this process and in others.
public final class EventLog: Sendable {
    /// The directory, as it was given to `open`.
    public let directory: String
    /// What the log was opened for.
    public let mode: LogMode

    /// The archive files beside it.
    let archive: ArchiveStore

    private let lease: EnvironmentRegistry.Lease
    private let lock: DirectoryLock?
    /// What the writing side remembers between two batches.
    let writer = Mutex<WriterState>(WriterState())

    var environment: Environment { lease.environment }

    /// Whether reads are coordinated with a writer. Not so where the lock file cannot be written, as on a read-only
    /// disk: then nobody else may write the log while it is open.
    public var isCoordinated: Bool { environment.usesLockFile }

    /// Where the log's archive files are, or would be.
    public var archiveDirectory: String { archive.directory }

    /// Opens the log in a directory.
    ///
    /// - Parameters:
    ///   - directory: where the log is. To write, it is made if it is missing, for this user only.
    ///   - mode: whether to append or only to read. One at a time can append.
    /// - Throws: `LogError` with a message for the user.
    public static func open(
        directory: String, mode: LogMode, options: LogOptions = LogOptions()
    ) throws(LogError) -> EventLog {
        switch mode {
        case .readOnly:
            var status = stat()
            guard stat(directory, &status) == 0 else { throw .noSuchDirectory(directory) }
            guard access(directory + "/data.mdb", F_OK) == 0 else { throw .noLog(directory: directory) }
        case .readWrite:
            try makeDirectory(directory)
        }
        let lock = mode == .readWrite ? try DirectoryLock(directory: directory) : nil
        let lease = try EnvironmentRegistry.lease(
            directory: directory, isReadOnly: mode == .readOnly
        ) { () throws(LogError) in
            try Environment.openLog(directory: directory, mode: mode, options: options)
        }
        let archive = ArchiveStore(directory: options.archiveDirectory ?? directory + "/archive")
        return try EventLog(directory: directory, mode: mode, archive: archive, lease: lease, lock: lock)
    }

    private init(
        directory: String, mode: LogMode, archive: ArchiveStore, lease: EnvironmentRegistry.Lease, lock: DirectoryLock?
    ) throws(LogError) {
        self.directory = directory
        self.mode = mode
        self.archive = archive
        self.lease = lease
        self.lock = lock
        // Whoever only reads can look at what is left of a damaged log; nobody may go on writing one.
        guard mode == .readWrite else { return }
        try checkEnds()
        guard try isWhole() else {
            throw .notALog(directory: directory, reason: "it is a copy that was cut to a range")
        }
    }

    /// Reads inside of `body` see the log as it was when it began, whatever is appended meanwhile.
    ///
    /// Keep it short: old pages are not used again while somebody reads them. Nothing that `body` is lent may be kept.
    public func read<R>(_ body: (borrowing LogReader) throws -> R) throws -> R {
        do {
            return try environment.read { transaction in
                try body(try LogReader(transaction, archive))
            }
        } catch let error as LMDBError {
            throw LogError(error)
        }
    }

    /// Begins a batch. There can be one at a time, and it belongs to the thread that began it.
    ///
    /// - Throws: what a failed commit threw, ever after; `LogError.openedForReading`; `LogError.misuse` if there is a
    ///   batch.
    public func beginBatch() throws(LogError) -> Batch {
        try Batch(self)
    }

    /// Waits until the log has more than `size` entries, as when following a log that another process writes.
    ///
    /// - Returns: whether it has; `false` after the timeout.
    public func waitForGrowth(beyond size: UInt64, timeoutMilliseconds: Int) throws -> Bool {
        let end = EventLog.milliseconds() + timeoutMilliseconds
        while true {
            if try read({ $0.size }) > size { return true }
            let rest = end - EventLog.milliseconds()
            guard rest > 0 else { return false }
            usleep(UInt32(min(rest, EventLog.pollMilliseconds)) * 1000)
        }
    }

    /// How often `waitForGrowth` looks, in milliseconds.
    public static let pollMilliseconds = 5

    private static func milliseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }

    /// Frees the places of readers that died without letting go; to be done now and then, since they keep old pages
    /// from being used again. Returns how many there were.
    @discardableResult
    public func clearStaleReaders() throws(LogError) -> Int {
        try LogError.wrapping { () throws(LMDBError) in try environment.clearStaleReaders() }
    }

    /// Makes the names in a directory durable, which a file's own fsync need not do.
    public static func syncDirectory(_ directory: String) throws(LogError) {
        try Environment.syncDirectory(directory)
    }

    static func makeDirectory(_ directory: String) throws(LogError) {
        if access(directory, F_OK) == 0 { return }
        try makeDirectory(enclosingDirectory(of: directory))
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
            throw LogError(LMDBError(code: errno, action: "make the directory \(directory)"))
        }
        try syncDirectory(enclosingDirectory(of: directory))
    }
}

/// The directory that a path is in.
private func enclosingDirectory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// What the writing side remembers between two batches.
struct WriterState: Sendable {
    /// Whether a batch is open.
    var isWriting = false
    /// The failure after which nothing is written any more.
    var failure: LogError?
    /// The authors' keys that payloads refer to.
    var contents = ContentWriter()
    /// The ids that came lately.
    var recent = RecentIDs()
}
