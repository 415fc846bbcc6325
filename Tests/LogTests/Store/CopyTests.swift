import Foundation
import Nostr
import Testing

@testable import Log

struct CopyTests {
    private let directory: TemporaryDirectory
    private let log: EventLog
    private static let marker = "MARKER-THAT-MUST-GO-"

    init() throws {
        directory = try TemporaryDirectory()
        log = try EventLog.make(directory.path("log"))
    }

    private func occurrences(_ path: String, of text: String = CopyTests.marker) throws -> Int {
        let data = try Data(contentsOf: URL(fileURLWithPath: path + "/data.mdb"))
        return data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) -> Int in
            CopyTests.occurrences(of: Array(text.utf8), in: bytes)
        }
    }

    private static func occurrences(of text: [UInt8], in bytes: UnsafeRawBufferPointer) -> Int {
        guard var rest = bytes.baseAddress else { return 0 }
        let end = rest + bytes.count
        var count = 0
        while let found = memchr(rest, Int32(text[0]), end - rest) {
            rest = UnsafeRawPointer(found) + 1
            if end - UnsafeRawPointer(found) >= text.count, memcmp(found, text, text.count) == 0 { count += 1 }
        }
        return count
    }

    private func draft(_ content: String, kind: Kind = .textNote, number: Int, erasable: Bool = true) throws -> Draft {
        let event = try Samples.event(createdAt: Int64(number), kind: kind, content: Text(content))
        var draft = Samples.draft(event, served: kind == .textNote, shared: kind == .meshStatusReport)
        draft.flags = erasable ? LeafFlags.erasable : 0
        return draft
    }

    /// Contents of all sizes, from within a page to over many.
    private func content(_ number: Int, marked: Bool) -> String {
        let text = marked ? "\(CopyTests.marker)\(number) " : "harmless \(number) "
        return String(repeating: text, count: 1 + number * number % 97 * 4)
    }

    @Test func aCopyIsTheSameLog() throws {
        for number in 0..<20 {
            try log.append(try (0..<20).map { try draft(content($0, marked: false), number: number * 20 + $0) })
        }
        let batch = try log.beginBatch()
        try batch.storeSnapshot(seq: 7, bytes: [1, 2, 3])
        try batch.commit()
        let path = directory.path("deep/copy")
        try log.copy(to: path)
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["data.mdb"])
        let attributes = try FileManager.default.attributesOfItem(atPath: path + "/data.mdb")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let copy = try EventLog.make(path)
        try copy.read { reader throws in
            #expect(try reader.checkTree() == (try log.read { $0.root }))
            #expect(try reader.checkIndexes() == nil)
            #expect(try reader.latestSnapshot(atOrBefore: 9)?.bytes == [1, 2, 3])
        }
        #expect(try copy.query(Filter()) == (try log.query(Filter())))
        #expect(try copy.append([try draft("more", number: 1_000)])[0].seq == 400)
    }

    @Test func nothingIsOverwritten() throws {
        let path = directory.path("copy")
        try log.copy(to: path)
        let before = try Data(contentsOf: URL(fileURLWithPath: path + "/data.mdb"))
        try log.append([try draft("x", number: 1)])
        #expect(throws: LogError.self) { try log.copy(to: path) }
        #expect(throws: LogError.self) { try log.copy(to: log.directory) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path + "/data.mdb")) == before)
        #expect(throws: LogError.self) { try log.copy(to: path + "/data.mdb/below") }
        #expect(try log.read { $0.size } == 1)
    }

    @Test func whatAnUnfinishedCopyLeftIsReplaced() throws {
        let path = directory.path("half")
        try FileManager.default.createDirectory(atPath: path + "/scratch", withIntermediateDirectories: true)
        for name in ["/scratch/data.mdb", "/data.mdb.unfinished"] {
            #expect(FileManager.default.createFile(atPath: path + name, contents: Data("half".utf8)))
        }
        #expect(throws: LogError.noLog(directory: path)) { try EventLog.open(directory: path, mode: .readOnly) }
        try log.copy(to: path)
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["data.mdb"])
        #expect(try EventLog.open(directory: path, mode: .readOnly).read { $0.size } == 0)
    }

    @Test func aCopyIsAsSmallAsItCanBe() throws {
        for number in 0..<200 { try log.append([try draft(content(number, marked: false), number: number)]) }
        let path = directory.path("copy")
        try log.copy(to: path)
        let pages = try log.storage().tableBytes / 4_096
        let file = try FileManager.default.attributesOfItem(atPath: path + "/data.mdb")[.size] as? UInt64 ?? 0
        // Two meta pages, the table of tables, and full pages.
        #expect(file / 4_096 <= pages + 3)
    }

    @Test func aCopyOfADamagedLogIsNotMade() throws {
        let path = directory.path("damaged")
        do { try EventLog.make(path).append([Samples.draft("a")]) }
        try RawTables(directory: path).put(.meta, Array("head".utf8), [1, 2, 3])
        let log = try EventLog.open(directory: path, mode: .readOnly)
        #expect(throws: LogError.self) { try log.copy(to: directory.path("copy")) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path("copy")) == [])
    }

    /// Pages are written and rewritten all the while, so that what was erased stays behind in whatever LMDB does not
    /// overwrite: free pages, the gaps inside of pages, the ends of the pages of large records.
    @Test func nothingOfWhatWasErasedIsInACopy() throws {
        var marked: [UInt64] = []
        for round in 0..<30 {
            var drafts: [Draft] = []
            for number in 0..<30 {
                let isMarked = number % 3 == 0
                if isMarked { marked.append(UInt64(round * 30 + number)) }
                // Every sixth is a report, whose content several entries share.
                let kind: Kind = number % 6 == 0 ? .meshStatusReport : .textNote
                let content = content(number + (kind == .textNote ? round : 0), marked: isMarked)
                drafts.append(try draft(content, kind: kind, number: round * 30 + number))
            }
            try log.append(drafts)
            if round % 3 == 2 {
                let batch = try log.beginBatch()
                try batch.erase(marked.filter { $0 % 2 == UInt64(round) % 2 })
                try batch.commit()
            }
        }
        #expect(try occurrences(log.directory) > 0)
        let batch = try log.beginBatch()
        try batch.erase(marked)
        try batch.commit()
        // Records that end a little before their one large page does, made from pages used before.
        for number in 0..<60 {
            try log.append([try draft(String(repeating: "z\(number)y", count: 600), number: number, erasable: false)])
        }
        #expect(try log.read { reader in try marked.allSatisfy { try reader.entry(at: $0)?.payload == nil } })
        let path = directory.path("copy")
        try log.copy(to: path)
        #expect(try occurrences(path) == 0)
        #expect(try occurrences(path, of: "harmless") > 0)
        try EventLog.make(path).read { reader throws in
            try reader.checkTree()
            #expect(try reader.checkIndexes() == nil)
        }
    }

    @Test func aSharedContentThatIsStillNeededIsInTheCopy() throws {
        let content = content(30, marked: true)
        try log.append(try (0..<4).map { try draft(content, kind: .meshStatusReport, number: $0) })
        for (seq, remains) in [(0, true), (2, true), (3, true), (1, false)] {
            let batch = try log.beginBatch()
            try batch.erase([UInt64(seq)])
            try batch.commit()
            let path = directory.path("copy\(seq)")
            try log.copy(to: path)
            #expect(try (occurrences(path) > 0) == remains)
        }
    }
}
