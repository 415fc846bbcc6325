import CLMDB
import Glibc
import Nostr

/// How a log is opened.
public enum LogMode: Sendable {
    /// Beside a writer, on a copy, or on a read-only file system; never writes.
    case readOnly
    /// As the one writer of the directory; makes the log when there is none.
    case readWrite
}

/// What can be set about a log's storage.
public struct LogOptions: Sendable {
    /// Bytes of the first memory map; it doubles by itself.
    public var initialMapSize: Int

    /// Options, or the defaults.
    public init(initialMapSize: Int = 1 << 30) { self.initialMapSize = initialMapSize }
}

/// A log in a directory.
///
/// Any thread may read, in scopes that are short and do not nest. One thread appends, in batches. What is read in one
/// scope is one state of the log, whatever is appended meanwhile.
public final class EventLog: Sendable {
    /// The directory.
    public let directory: String
    let environment: Environment
    let tables: Tables
    private let lock: DirectoryLock?
    let health = WriterHealth()

    private init(directory: String, environment: Environment, tables: Tables, lock: DirectoryLock?) {
        self.directory = directory
        self.environment = environment
        self.tables = tables
        self.lock = lock
    }

    /// Opens a log.
    ///
    /// - Throws: `LogError.locked` when another process writes there, `.missing` when there is no log to read, `.foreign`
    ///   for something else or a newer format, `.storage` for what the system refused.
    public static func open(
        directory: String, mode: LogMode, options: LogOptions = LogOptions()
    ) throws(LogError) -> EventLog {
        do {
            return switch mode {
            case .readOnly: try openForReading(directory)
            case .readWrite: try openForWriting(directory, options)
            }
        } catch let error as LogError {
            throw error
        } catch let error as LMDBError {
            let isForeign = [MDB_INVALID, MDB_VERSION_MISMATCH, MDB_CORRUPTED].contains(error.code)
            throw isForeign ? .foreign("\(directory)/data.mdb is no log of Ringdown: \(error)") : .storage(error)
        } catch {
            throw .foreign("\(error)")
        }
    }

    private static func openForReading(_ directory: String) throws -> EventLog {
        guard access(directory, F_OK) == 0 else { throw LogError.missing("there is no directory \(directory)") }
        guard access("\(directory)/data.mdb", F_OK) == 0 else {
            throw LogError.missing("there is no log in \(directory): data.mdb is missing")
        }
        let environment = try Environment(directory: directory, readOnly: true, mapSize: 0)
        let tables = try environment.read { transaction in
            let tables = try Tables.existing(transaction)
            let format = try tables.map { try transaction.get($0.meta, key: Head.formatKey) }
            try transaction.keepTables()
            return try checked(tables, format ?? nil, directory)
        }
        return EventLog(directory: directory, environment: environment, tables: tables, lock: nil)
    }

    private static func checked(_ tables: Tables?, _ format: [UInt8]?, _ directory: String) throws(LogError) -> Tables {
        guard let tables, let format else {
            throw .foreign("\(directory)/data.mdb is an LMDB environment, but no log of Ringdown")
        }
        guard format == Head.format else {
            throw .foreign(
                "the log in \(directory) has format \(String(decoding: format, as: UTF8.self)), this program knows "
                    + "\(String(decoding: Head.format, as: UTF8.self)): use a newer ringdown")
        }
        return tables
    }

    private static func openForWriting(_ directory: String, _ options: LogOptions) throws -> EventLog {
        if mkdir(directory, 0o700) != 0, errno != EEXIST {
            throw LogError.storage(LMDBError(errno, "making the directory \(directory)"))
        }
        let lock = try DirectoryLock(directory)
        let environment = try Environment(directory: directory, readOnly: false, mapSize: options.initialMapSize)
        // An existing log may be larger than the map that was asked for: LMDB takes the larger of the two.
        let transaction = try environment.beginWrite()
        let tables = try Tables.create(transaction)
        if try transaction.get(tables.meta, key: Head.formatKey) == nil {
            guard try transaction.count(tables.entry) == 0 else {
                throw LogError.foreign("\(directory)/data.mdb is an LMDB environment, but no log of Ringdown")
            }
            try transaction.put(tables.meta, key: Head.formatKey, value: Head.format)
            try transaction.put(tables.meta, key: Head.key, value: Head().encoded)
        }
        _ = try checked(tables, try transaction.get(tables.meta, key: Head.formatKey), directory)
        try transaction.commit()
        return EventLog(directory: directory, environment: environment, tables: tables, lock: lock)
    }

    /// Runs `body` with one state of the log. Nothing that it is lent may escape, and it must not open another scope.
    public func read<R>(_ body: (borrowing LogReader) throws -> R) throws -> R {
        do {
            return try environment.read { transaction in
                try body(try LogReader(transaction, tables))
            }
        } catch let error as LMDBError {
            throw LogError.storage(error)
        }
    }

    /// Waits until the log has more than `size` entries, by whichever process; `false` when it has not after that time.
    public func waitForGrowth(beyond size: UInt64, timeoutMilliseconds: Int) throws -> Bool {
        var waited = 0
        while try read({ $0.size }) <= size {
            guard waited < timeoutMilliseconds else { return false }
            usleep(UInt32(EventLog.pollMilliseconds * 1000))
            waited += EventLog.pollMilliseconds
        }
        return true
    }

    private static let pollMilliseconds = 20
}
