/// Why the log could not be opened, read or written. The texts are for the person who runs the program.
public enum LogError: Error, Equatable, Sendable {
    /// Another process is writing this log; its process id, if it could be read.
    case locked(directory: String, process: Int32?)
    /// The directory does not exist.
    case noSuchDirectory(String)
    /// The directory holds no log.
    case noLog(directory: String)
    /// The directory holds something else where a log would be.
    case notALog(directory: String, reason: String)
    /// The log was written in a format that this program does not know yet.
    case newerFormat(directory: String, found: UInt32, known: UInt32)
    /// Something was to be written to a log that was opened for reading.
    case openedForReading(directory: String)
    /// What is stored is not what was written. Names the entry, unless the damage is outside of entries.
    case damaged(seq: UInt64?, reason: String)
    /// LMDB or the system refused: what was being done, the code, and its text.
    case storage(action: String, code: Int32, reason: String)
    /// Entries were moved into archive files, which are not beside the log. Nothing is damaged.
    case absent(AbsentEntries)
    /// An archive file is not what was written, or not of this log.
    case archive(file: String, ArchiveProblem, reason: String)
    /// The caller asked for something that cannot be.
    case misuse(String)

    /// Whether another process is writing the log.
    public var isLocked: Bool { if case .locked = self { true } else { false } }
    /// Whether the caller asked for something that cannot be, and nothing was changed.
    public var isMisuse: Bool { if case .misuse = self { true } else { false } }

    /// Whether entries are archived and not here.
    public var isAbsent: Bool { if case .absent = self { true } else { false } }

    /// Whether what is stored is not what was written.
    public var isDamage: Bool {
        switch self {
        case .damaged: true
        case .storage(_, let code, _): LMDBError.ofDamage.contains(code)
        default: false
        }
    }

    /// The position of the entry that is damaged, if it is one.
    public var seq: UInt64? { if case .damaged(let seq, _) = self { seq } else { nil } }
}

extension LogError: CustomStringConvertible {
    /// The message for a user.
    public var description: String {
        switch self {
        case .locked(let directory, let process):
            let name = process.map { " (process \($0))" } ?? ""
            return "another ringdown-relay\(name) is using \(directory); stop it, or use another --data"
        case .noSuchDirectory(let directory): return "there is no directory \(directory)"
        case .noLog(let directory): return "there is no log in \(directory)"
        case .notALog(let directory, let reason): return "\(directory)/data.mdb is not a log of this program: \(reason)"
        case .newerFormat(let directory, let found, let known):
            return """
                the log in \(directory) has format \(found), and this program knows formats up to \(known); use a \
                newer version
                """
        case .openedForReading(let directory): return "the log in \(directory) was opened for reading only"
        case .damaged(let seq?, let reason): return "entry \(seq): \(reason)"
        case .damaged(nil, let reason): return reason
        case .absent(let entries):
            return entries.description + "; put them there, or say with --archive where they are"
        case .archive(let file, .damaged, let reason): return "the archive file \(file) is damaged: \(reason)"
        case .archive(let file, .foreign, let reason): return "the archive file \(file) is foreign: \(reason)"
        case .archive(let file, .altered, let reason): return "the archive file \(file) was altered: \(reason)"
        case .storage(let action, let code, let reason):
            return "could not \(action): \(reason) (\(code))" + (StorageAdvice.advice(code).map { "; \($0)" } ?? "")
        case .misuse(let reason): return reason
        }
    }
}

extension LogError {
    init(_ error: LMDBError) {
        self = .storage(action: error.action, code: error.code, reason: error.reason)
    }

    /// Any error of this module as the log's.
    init(any error: any Error) {
        switch error {
        case let error as LogError: self = error
        case let error as LMDBError: self.init(error)
        default: self = .storage(action: "write to the log", code: 0, reason: "\(error)")
        }
    }

    /// An error that LMDB gave while entry `seq` was being read: damage of the tree of pages, or a failing disk.
    init(_ error: LMDBError, reading seq: UInt64) {
        self = .damaged(seq: seq, reason: "it could not be read: \(error.reason)")
    }

    /// Runs `body`, turning LMDB's errors into the log's.
    @inline(__always)
    static func wrapping<R>(_ body: () throws(LMDBError) -> R) throws(LogError) -> R {
        do throws(LMDBError) { return try body() } catch { throw LogError(error) }
    }
}
