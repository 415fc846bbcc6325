import Foundation
import Log
import Nostr

/// Data directories that take minutes to make, kept in `.build/bench-data` for the next run.
struct EventStore {
    /// Where they are kept, from the root of the repository.
    static let cache = ".build/bench-data"
    /// A new form of what is kept gets a new number.
    private static let version = 1
    /// Events that one commit takes.
    private static let batchEvents = 10_000

    let directory: String
    private let ids: [EventID]

    /// A log with so many notes, by author `i mod authors`, each to a recipient of its own.
    static func events(_ count: Int, authors: Int, progress: (String) -> Void) throws -> EventStore {
        let directory = "\(cache)/notes-\(count)-v\(version)"
        if !FileManager.default.fileExists(atPath: directory + "/done") {
            try? FileManager.default.removeItem(atPath: directory)
            let lines = "\(cache)/notes-\(count).jsonl"
            try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
            try write(count, authors, to: lines, progress)
            progress("taking in \(count) notes")
            try RelayProcess.run(
                RelayProcess.binary("ringdown-relay"), ["import", "--data", directory, lines])
            try FileManager.default.removeItem(atPath: lines)
            try EventStore.mark(directory)
        }
        var ids: [EventID] = []
        try EventLog.open(directory: directory, mode: .readOnly).read { reader in
            try reader.forEachEntry(checkingCommitments: false) { entry in
                if let bytes = entry.documentBytes, entry.leaf.type == .clientEvent {
                    ids.append(try Event.parse(bytes).id)
                }
                return true
            }
        }
        return EventStore(directory: directory, ids: ids)
    }

    /// Says that a directory is complete.
    static func mark(_ directory: String) throws { try Data().write(to: URL(fileURLWithPath: directory + "/done")) }

    /// A copy to work on.
    func copy() throws -> String {
        let path = NSTemporaryDirectory() + "ringdown-bench-\(UUID().uuidString)"
        try FileManager.default.copyItem(atPath: directory, toPath: path)
        return path
    }

    func id(of number: Int) -> String { ids[number].hex }

    static func author(_ number: Int) -> SecretKey { Workload.key("author \(number)") }

    static func recipient(_ number: Int) -> String { SHA256.hash(Array("recipient \(number)".utf8)).hex }

    private static func write(_ count: Int, _ authors: Int, to path: String, _ progress: (String) -> Void) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
        else { throw BenchmarkError("cannot write \(path)") }
        defer { try? file.close() }
        let keys = (0..<authors).map(author)
        let filler = String(repeating: "the quick brown fox ", count: 6)
        for start in stride(from: 0, to: count, by: batchEvents) {
            var lines = Data()
            for number in start..<min(count, start + batchEvents) {
                let key = keys[number % authors]
                let note = UnsignedEvent(
                    pubkey: key.publicKey, createdAt: 1_790_000_000 + Int64(number / 10), kind: .textNote,
                    tags: [["p", Text(recipient(number))]], content: Text("\(number) \(filler)"))
                lines.append(contentsOf: note.signed(by: key).raw)
                lines.append(0x0a)
            }
            try file.write(contentsOf: lines)
            progress("signing notes: \(start + batchEvents) of \(count)")
        }
    }
}
