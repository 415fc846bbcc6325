import Foundation
import Log
import Nostr
import Reducers

/// Makes a whole log of what can be read of a damaged one, in a directory of its own; the damaged one is not touched.
///
/// The longest beginning is saved whose entries are there and match their commitments: first by reading the log as usual, in a
/// process that may die of it; then, from the first entry that is missing on, from a backup that holds the same log; then by
/// searching the file's pages for records. Indexes and stored parts of the tree are made anew.
struct Repair {
    /// The flag of the process that reads the damaged log.
    static let readingFlag = "--reading"
    /// Entries in a commit of that process; the second time, when the first was killed, one.
    private static let entriesPerCommit: UInt64 = 1000
    private static let keys = ["relay.key", "log.key", "owner.key"]

    let damaged: String
    let target: String
    let backup: String?

    /// What became of it.
    struct Result {
        var entries: UInt64 = 0
        var root = Bytes32.zero
        /// Entries that were there once, as far as anything tells.
        var expected: UInt64 = 0
        /// The last checkpoint that was signed.
        var signed: Checkpoint?
        /// Whether the entries lead to a root that the log, or that checkpoint, states.
        var isProven = false
        /// Whether the log has another history than the one that was signed.
        var isFork = false
        var read: UInt64 = 0
        var carved: UInt64 = 0
        var fromBackup: [UInt64] = []
        /// Whether reading the damaged log killed a process.
        var wasKilled = false

        var lost: UInt64 { expected - min(expected, entries) }
        /// Entries that a published checkpoint covers and that are lost.
        var lostSigned: UInt64 { signed.map { $0.size - min($0.size, entries) } ?? 0 }
    }

    func run() throws -> Result {
        let claim = try DirectoryClaim(damaged)
        defer { _ = claim }
        guard !FileManager.default.fileExists(atPath: target + "/data.mdb") else {
            throw SettingsError(description: "\(target) holds a log already; name a directory that does not")
        }
        var result = Result()
        defer { try? FileManager.default.removeItem(atPath: unfinished) }
        _ = try EventLog.open(directory: unfinished, mode: .readWrite)
        result.wasKilled = try readInAnotherProcess()
        result.read = try size(of: unfinished)
        try fill(&result)
        try finish(&result)
        try copySmallFiles()
        try conclude(&result)
        return result
    }

    /// In the other process: takes what the log gives when it is read as usual.
    static func read(_ damaged: String, to target: String, entriesPerCommit: UInt64) throws -> String? {
        let source = try EventLog.open(directory: damaged, mode: .readOnly)
        let log = try EventLog.open(directory: target, mode: .readWrite)
        let progress = CommandProgress("entries", total: nil)
        return try Salvage(to: log).take(from: source, entriesPerCommit: entriesPerCommit) { done, _ in
            progress.report(Int(done))
        }
    }

    /// Where the work is done: what is unfinished has no log's place.
    private var unfinished: String { target + "/unfinished" }

    private func size(of directory: String) throws -> UInt64 {
        try EventLog.open(directory: directory, mode: .readOnly).read { $0.size }
    }

    /// Puts the log into its place, up to the last input that is there with all that follows from it: they were one
    /// transaction, and a log with a part of it would not verify.
    private func finish(_ result: inout Result) throws {
        let whole = result.isProven ? result.entries : try wholeSize()
        guard whole < result.entries else {
            guard rename(unfinished + "/data.mdb", target + "/data.mdb") == 0 else {
                throw SettingsError(description: "\(target) cannot be written: \(String(cString: strerror(errno)))")
            }
            return
        }
        let source = try EventLog.open(directory: unfinished, mode: .readOnly)
        let log = try EventLog.open(directory: target, mode: .readWrite)
        try Salvage(to: log).take(upTo: whole) { try Repair.entry(at: $0, of: source) }
        (result.entries, result.root) = try log.read { ($0.size, $0.root) }
    }

    private func wholeSize() throws -> UInt64 {
        try EventLog.open(directory: unfinished, mode: .readOnly).read { reader in
            var last = reader.size
            var input: (input: Input, time: Int64)?
            while last > 0, input == nil {
                last -= 1
                var isErased = false
                try reader.forEachEntry(from: last, to: last + 1) { entry in
                    input = try entry.input().map { ($0, entry.leaf.time) }
                    isErased = input == nil && !entry.leaf.type.isOutput
                    return false
                }
                if isErased { return last }
            }
            guard let input else { return 0 }
            var state = try Replayer.state(of: reader, before: last)
            let outputs = state.apply(input.input, at: Position(seq: last, time: input.time)).outputs
            return last + 1 + UInt64(outputs.count) == reader.size ? reader.size : last
        }
    }

    /// - Returns: whether it was killed.
    private func readInAnotherProcess() throws -> Bool {
        func arguments(_ entries: UInt64) -> [String] {
            ["repair", "--data", damaged, "--to", unfinished, Repair.readingFlag, "\(entries)"]
        }
        guard try OwnProcess.run(arguments(Repair.entriesPerCommit)) >= OwnProcess.killed else { return false }
        _ = try OwnProcess.run(arguments(1))
        return true
    }

    /// Looks elsewhere for what could not be read.
    private func fill(_ result: inout Result) throws {
        let log = try EventLog.open(directory: unfinished, mode: .readWrite)
        let salvage = Salvage(to: log)
        let progress = CommandProgress("pages searched", total: nil)
        let carved = try CarvedLog(directory: damaged) { done, _ in progress.report(Int(done)) }
        let source = try backup.map { try EventLog.open(directory: $0, mode: .readOnly) }
        var taken: UInt64
        repeat {
            // From the pages first: a backup may hold what was erased since.
            taken = try salvage.take(upTo: carved.size) { carved.entry(at: $0) }
            result.carved += taken
            guard let source else { break }
            let next = try salvage.size()
            guard let entry = try Repair.entry(at: next, of: source, continuing: log) else { break }
            let one = try salvage.take(upTo: next + 1) { $0 == next ? entry : nil }
            if one > 0 { result.fromBackup.append(next) }
            taken = one
        } while taken > 0
        let (size, root, frontier) = try log.read { ($0.size, $0.root, $0.frontier) }
        (result.entries, result.root) = (size, root)
        result.isProven = carved.hasEnded(like: frontier)
        result.expected = max(size, carved.size)
    }

    /// An entry of a backup, if the backup has the same entries before it.
    private static func entry(
        at position: UInt64, of backup: EventLog, continuing log: EventLog
    ) throws -> ExportedEntry? {
        let root = try log.read { $0.root }
        let isSame = try backup.read { reader in
            guard position < reader.size else { return false }
            return try position == 0 || reader.root(atSize: position) == root
        }
        return isSame ? try entry(at: position, of: backup) : nil
    }

    private static func entry(at position: UInt64, of log: EventLog) throws -> ExportedEntry? {
        try log.read { reader in
            var found: ExportedEntry?
            try reader.forEachEntry(from: position, to: position + 1) { entry in
                found = ExportedEntry(entry)
                return false
            }
            return found
        }
    }

    private func copySmallFiles() throws {
        for key in Repair.keys {
            guard let line = try SecretFile.read(damaged + "/" + key) else { continue }
            try SecretFile.create(target + "/" + key, line: line)
        }
        let signed = damaged + "/last-signed"
        guard FileManager.default.fileExists(atPath: signed) else { return }
        try FileManager.default.copyItem(atPath: signed, toPath: target + "/last-signed")
    }

    /// Compares with what was signed.
    private func conclude(_ result: inout Result) throws {
        guard let text = try? String(contentsOfFile: target + "/last-signed", encoding: .utf8),
            let note = try? SignedNote(parsing: text), let signed = try? Checkpoint(parsing: note.body)
        else { return }
        result.signed = signed
        result.expected = max(result.expected, signed.size)
        guard signed.size <= result.entries else { return }
        let log = try EventLog.open(directory: target, mode: .readOnly)
        let root = try log.read { try $0.root(atSize: signed.size) }
        result.isFork = root != signed.root
        if signed.size == result.entries, !result.isFork { result.isProven = true }
    }
}
