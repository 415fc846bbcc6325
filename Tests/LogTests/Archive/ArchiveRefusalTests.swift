import Foundation
import Nostr
import Testing

@testable import Log

/// Archive files that are not there, or not what they should be: each is told by name.
@Suite struct ArchiveRefusalTests {
    private static func make(_ path: String, _ text: String = "one") throws -> EventLog {
        let log = try EventLog.make(path)
        try log.append((0..<900).map { Samples.draft("\(text) \($0)", salt: UInt64($0)) })
        for end in [256, 512, 768] as [UInt64] { try archive(log, upTo: end) }
        return log
    }

    private static func file(_ log: EventLog, _ name: String) -> URL {
        URL(fileURLWithPath: log.archiveDirectory + "/" + name)
    }

    private static let middle = "00000100-000001ff.nrla"

    private static func reopened(_ log: consuming EventLog) throws -> EventLog {
        let directory = log.directory
        return try EventLog.open(directory: directory, mode: .readOnly)
    }

    private static func walk(_ log: EventLog) throws -> (seqs: [UInt64], absent: [AbsentEntries]) {
        var seqs: [UInt64] = []
        var absent: [AbsentEntries] = []
        try log.read { reader in
            try reader.forEachEntry(
                absent: {
                    absent.append($0)
                    return true
                }
            ) {
                seqs.append($0.leaf.seq)
                return true
            }
        }
        return (seqs, absent)
    }

    @Test func `a file that is not there is named with its entries, and the others are read`() throws {
        let directory = try TemporaryDirectory()
        let log = try Self.make(directory.path("log"))
        try FileManager.default.removeItem(at: Self.file(log, Self.middle))
        let fresh = try Self.reopened(log)
        let (seqs, absent) = try Self.walk(fresh)
        #expect(seqs == Array(0..<256) + Array(512..<900))
        #expect(absent.map(\.first) == [256] && absent.map(\.last) == [511] && absent[0].files == [Self.middle])
        #expect(try fresh.read { try $0.absentEntries() } == absent)
        #expect(throws: LogError.absent(absent[0])) { try fresh.read { try $0.entry(at: 300) } }
        #expect(throws: LogError.absent(absent[0])) { try fresh.read { try $0.forEachEntry { _ in true } } }
        #expect("\(LogError.absent(absent[0]))".contains("entries 256–511 are archived and not here"))
        // Hashes stay: roots, and proofs of what is there and of what is not.
        let root = try fresh.read { try $0.checkTree() }
        #expect(try fresh.read { $0.root } == root)
        #expect(try fresh.read { try $0.inclusionProof(of: 300, inTreeOf: 900).count } == 10)
        #expect(try fresh.read { try $0.consistencyProof(from: 301, to: 900).isEmpty } == false)
        // Back again, everything is there.
    }

    @Test func `a directory without files names all entries in one run, but those that were kept`() throws {
        let directory = try TemporaryDirectory()
        let log = try EventLog.make(directory.path("log"))
        try log.append((0..<900).map { Samples.draft("\($0)", salt: UInt64($0)) })
        try archive(log, upTo: 768, keeping: [5, 300])
        try FileManager.default.removeItem(atPath: log.archiveDirectory)
        let (seqs, absent) = try Self.walk(try Self.reopened(log))
        #expect(seqs == [0, 5, 300] + Array(768..<900))
        #expect(absent.map(\.first) == [0] && absent.map(\.last) == [767])
    }

    @Test func `a damaged file is told from an altered and from a foreign one`() throws {
        let directory = try TemporaryDirectory()
        let log = try Self.make(directory.path("log"))
        let url = Self.file(log, Self.middle)
        let good = try Data(contentsOf: url)
        func problem(_ data: Data) throws -> ArchiveProblem? {
            try data.write(to: url)
            log.archive.forget()
            do {
                _ = try log.read { try $0.entry(at: 300) }
                return nil
            } catch LogError.archive(let file, let problem, _) {
                #expect(file.hasSuffix(Self.middle))
                return problem
            }
        }
        #expect(try problem(good) == nil)
        var flipped = good
        flipped[good.count / 2] ^= 1
        #expect(try problem(flipped) == .damaged)
        #expect(try problem(good.dropLast(100)) == .damaged)
        #expect(try problem(Data()) == .damaged)

        // Another log's file, complete and consistent in itself.
        let other = try Self.make(directory.path("other"), "two")
        #expect(try problem(Data(contentsOf: Self.file(other, Self.middle))) == .foreign)
        // Another range of this log.
        #expect(try problem(Data(contentsOf: Self.file(log, "00000000-000000ff.nrla"))) == .foreign)

        // The other log's entries under this log's name, with roots and hash made to match.
        let forged = try Self.forge(other, as: log)
        #expect(try problem(forged) == .altered)
        #expect(try problem(good) == nil)
    }

    /// A file of `other` that says that it belongs to `log`.
    private static func forge(_ other: EventLog, as log: EventLog) throws -> Data {
        var bytes = try Array(Data(contentsOf: file(other, middle)))
        let hash = try log.read { try $0.leafHash(at: 0).bytes }
        let start = ArchiveFormat.magic.utf8CodeUnitCount + 4
        bytes.replaceSubrange(start..<start + 32, with: hash)
        bytes.replaceSubrange(bytes.count - 32..<bytes.count, with: SHA256.hash(Array(bytes.dropLast(32))).bytes)
        return Data(bytes)
    }

    @Test func `every flipped byte of a file is found`() throws {
        let directory = try TemporaryDirectory()
        let log = try Self.make(directory.path("log"))
        let url = Self.file(log, Self.middle)
        let good = try Data(contentsOf: url)
        let range = try log.read { try $0.archivedRanges()[1] }
        for index in stride(from: 0, to: good.count, by: max(1, good.count / 300)) {
            var flipped = good
            flipped[index] ^= 0x40
            try flipped.write(to: url)
            log.archive.forget()
            #expect(throws: LogError.self, "byte \(index)") { try log.read { try $0.checkArchive(range) } }
        }
    }

    @Test func `an entry that is gone without being archived is damage, also among archived ones`() throws {
        let directory = try TemporaryDirectory()
        var log: EventLog? = try EventLog.make(directory.path("log"))
        try log?.append((0..<900).map { Samples.draft("\($0)", salt: UInt64($0)) })
        if let log { try archive(log, upTo: 256, keeping: [5]) }
        log = nil
        try RawTables(directory: directory.path("log")).remove(.entry, [0, 0, 0, 0, 0, 0, 0, 5])
        #expect(throws: LogError.self) { try EventLog.open(directory: directory.path("log"), mode: .readWrite) }
        let reader = try EventLog.open(directory: directory.path("log"), mode: .readOnly)
        #expect(throws: LogError.self) { try reader.read { try $0.checkTree() } }
    }

    @Test func `a kept hash that was changed is found`() throws {
        let directory = try TemporaryDirectory()
        var log: EventLog? = try EventLog.make(directory.path("log"))
        try log?.append((0..<900).map { Samples.draft("\($0)", salt: UInt64($0)) })
        if let log { try archive(log, upTo: 512) }
        log = nil
        let raw = RawTables(directory: directory.path("log"))
        let item = try #require(try raw.items(.tile).first { $0.key[0] == 0 })
        var value = item.value
        value[40] ^= 1
        try raw.put(.tile, item.key, value)
        let reader = try EventLog.open(directory: directory.path("log"), mode: .readOnly)
        #expect(throws: LogError.self) { try reader.read { try $0.checkTree() } }
    }
}
