import CLMDB
import Glibc

/// The format of the log, as table `meta` states it.
enum LogFormat {
    /// What the log's environment is told apart by.
    static let name: StaticString = "ringdown log\n"
    /// The version that this program writes, and the latest that it reads.
    static let version: UInt32 = 1
    /// The key in table `meta`.
    static let key = Head.metaKey("format")

    static var encoded: [UInt8] {
        var output = Array(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        output.append(bigEndian: version)
        return output
    }

    /// The version that `meta` states, or `nil` if these bytes are something else.
    static func version(_ bytes: UnsafeRawBufferPointer) -> UInt32? {
        let count = name.utf8CodeUnitCount
        guard bytes.count == count + MemoryLayout<UInt32>.size,
            bytes.prefix(count).elementsEqual(UnsafeRawBufferPointer(start: name.utf8Start, count: count))
        else { return nil }
        return bytes.number(at: count)
    }
}

extension Environment {
    /// Opens the environment of a log, and makes sure that it is one, before anything is changed.
    static func openLog(directory: String, mode: LogMode, options: LogOptions) throws(LogError) -> Environment {
        let isReadOnly = mode == .readOnly
        if !isReadOnly { try beginLog(directory, options) }
        let environment: Environment
        let names: [String]
        do throws(LMDBError) {
            environment = try Environment(
                directory: directory,
                options: Environment.Options(
                    isReadOnly: isReadOnly, initialMapSize: options.initialMapSize,
                    maximumReaders: options.maximumReaders))
            names = try environment.tableNames()
        } catch {
            throw LogError(opening: error, directory: directory)
        }
        let expected = Table.allCases.map(\.name)
        if names.isEmpty {
            guard !isReadOnly else { throw .noLog(directory: directory) }
            try environment.makeLog()
        } else {
            guard names.contains(Table.meta.name), names.contains(Table.entry.name) else {
                throw .notALog(directory: directory, reason: "it holds tables of another program")
            }
            // A newer version may have other tables, and is to be named as such rather than as foreign.
            let isComplete = Set(names) == Set(expected)
            guard isComplete else {
                throw .notALog(directory: directory, reason: "its tables are not those of format \(LogFormat.version)")
            }
            try LogError.wrapping { () throws(LMDBError) in try environment.openTables() }
        }
        try environment.checkFormat()
        if !isReadOnly { _ = try LogError.wrapping { () throws(LMDBError) in try environment.clearStaleReaders() } }
        return environment
    }

    /// Makes the file of a new log, if there is none. It has its name only once it is whole and durable: LMDB takes a file
    /// whose first pages a crash has kept from the disk for that of another program.
    private static func beginLog(_ directory: String, _ options: LogOptions) throws(LogError) {
        let path = directory + "/data.mdb"
        guard access(path, F_OK) != 0 else { return }
        let scratch = directory + "/beginning"
        try EventLog.makeDirectory(scratch)
        unlink(scratch + "/data.mdb")
        let environment = try LogError.wrapping { () throws(LMDBError) in
            try Environment(
                directory: scratch,
                options: Environment.Options(
                    isReadOnly: false, initialMapSize: options.initialMapSize, maximumReaders: 1, isExclusive: true))
        }
        try environment.makeLog()
        guard rename(scratch + "/data.mdb", path) == 0 else {
            throw LogError(LMDBError(code: errno, action: "name the log \(path)"))
        }
        try syncDirectory(directory)
        rmdir(scratch)
    }

    /// Makes the tables of a new log.
    private func makeLog() throws(LogError) {
        try LogError.wrapping { () throws(LMDBError) in
            try makeTables { transaction throws(LMDBError) in
                try transaction.put(.meta, LogFormat.key, LogFormat.encoded)
                try transaction.put(.meta, Head.key, Head().encoded)
            }
        }
        try Environment.syncDirectory(directory)
    }

    /// A file's own fsync need not make its name durable; that is the directory's.
    static func syncDirectory(_ directory: String) throws(LogError) {
        let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LogError(LMDBError(code: errno, action: "open \(directory)")) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw LogError(LMDBError(code: errno, action: "sync \(directory)")) }
    }

    private func checkFormat() throws(LogError) {
        let version: UInt32?
        do {
            version = try read { try $0.value(.meta, LogFormat.key).flatMap { LogFormat.version($0) } }
        } catch {
            throw .notALog(directory: directory, reason: "\(error)")
        }
        guard let version else { throw .notALog(directory: directory, reason: "it does not state its format") }
        guard version <= LogFormat.version else {
            throw .newerFormat(directory: directory, found: version, known: LogFormat.version)
        }
    }
}

extension EventLog {
    /// Checks that head and entries end at the same place: a cheap look at what a wrong copy or a damaged page breaks
    /// first.
    func checkEnds() throws(LogError) {
        do {
            try read { reader in try reader.checkEnds() }
        } catch let error as LogError {
            throw error
        } catch {
            throw .damaged(seq: nil, reason: "the log could not be read: \(error)")
        }
    }
}

extension LogError {
    /// Says what LMDB's refusal to open means to the user.
    fileprivate init(opening error: LMDBError, directory: String) {
        switch error.code {
        case MDB_INVALID:
            self = .notALog(directory: directory, reason: "it is no LMDB file, or its beginning is damaged")
        case MDB_VERSION_MISMATCH: self = .notALog(directory: directory, reason: "another version of LMDB wrote it")
        case ENOENT: self = .noLog(directory: directory)
        default: self.init(error)
        }
    }
}
