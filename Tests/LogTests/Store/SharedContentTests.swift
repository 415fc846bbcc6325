import Nostr
import Testing

@testable import Log

struct SharedContentTests {
    private let directory: TemporaryDirectory
    private let log: EventLog

    init() throws {
        directory = try TemporaryDirectory()
        log = try EventLog.make(directory.path)
    }

    private func report(_ number: UInt64, _ content: String, author: UInt64 = 1) throws -> Draft {
        let event = try Samples.event(
            author: Samples.author(author), createdAt: 1_700_000_000 + Int64(number), kind: .meshStatusReport,
            content: Text(content))
        return Samples.draft(event, served: false, shared: true, salt: number)
    }

    private func items(_ table: String) throws -> UInt64 {
        try log.storage().tables.first { $0.name == table }?.items ?? 0
    }

    /// The references that are counted, by the content's number.
    private func references() throws -> [UInt64: UInt64] {
        try log.read { reader throws in
            try reader.transaction.withCursor(.reference) { cursor in
                var counts: [UInt64: UInt64] = [:]
                var item = try cursor.first()
                while let found = item {
                    let reference = try #require(ContentWriter.Reference(found.value))
                    counts[reference.number] = reference.count
                    item = try cursor.next()
                }
                return counts
            }
        }
    }

    @Test func aRepeatedContentIsStoredOnceAndCounted() throws {
        let content = String(repeating: "{\"model\":1}", count: 300)
        let drafts = try (0..<20).map { try report($0, content) }
        try log.append(Array(drafts.prefix(7)))
        try log.append(Array(drafts.dropFirst(7)))
        // The content, and the author's key.
        #expect(try items("content") == 2)
        #expect(try references() == [0: 20, 1: 20])
        try log.read { reader throws in
            for (seq, draft) in drafts.enumerated() {
                #expect(try reader.entry(at: UInt64(seq))?.payload == draft.payload)
            }
            try reader.checkTree()
            #expect(try reader.checkIndexes() == nil)
        }
    }

    @Test func aRepeatedReportOfThreeKilobytesTakesLessThan400Bytes() throws {
        let content = String(repeating: "{\"model\":\"llama-\",\"vram\":24}", count: 100)
        let count = 20_000
        for start in stride(from: 0, to: count, by: 1_000) {
            try log.append(
                try (start..<start + 1_000).map { number in
                    var generator = SeededGenerator(seed: UInt64(number))
                    let event = try Samples.event(
                        id: generator.bytes32(), author: Samples.author(UInt64(number % 100)),
                        createdAt: 1_700_000_000 + Int64(number / 7), kind: .meshStatusReport, content: Text(content))
                    return Samples.draft(event, session: UInt64(1_000 + number % 100), served: false, shared: true)
                })
        }
        #expect(try log.storage().tableBytes / UInt64(count) < 400)
    }

    @Test func contentsBelowTheThresholdStayInTheirEntries() throws {
        let short = String(repeating: "x", count: SharedContent.minimumBytes - 1)
        try log.append([try report(1, short), try report(2, short)])
        #expect(try items("content") == 1)
        try log.append([try report(3, short + "x")])
        #expect(try items("content") == 2)
    }

    @Test func whatAnAbortedBatchSharedIsSharedAnew() throws {
        let content = String(repeating: "abc", count: 1_000)
        let batch = try log.beginBatch()
        try batch.append(try report(1, content), time: 1)
        batch.abort()
        let drafts = [try report(2, content), try report(3, content)]
        try log.append(drafts)
        #expect(try references() == [0: 2, 1: 2])
        #expect(try log.read { try $0.entry(at: 1)?.payload } == drafts[1].payload)
    }

    @Test func keysAreRememberedAfterOpeningAgain() throws {
        let path = try TemporaryDirectory()
        for round in 0..<3 as Range<UInt64> {
            let log = try EventLog.make(path.path)
            try log.append([try report(round, "short")])
            #expect(try log.storage().tables.first { $0.name == "content" }?.items == 1)
            #expect(try log.read { try $0.checkIndexes() } == nil)
        }
    }

    @Test func twoContentsWithTheSameChecksumAreBothKept() throws {
        let path = try TemporaryDirectory()
        let first = String(repeating: "first ", count: 100)
        let second = String(repeating: "other ", count: 100)
        do { try EventLog.make(path.path).append([try report(1, first)]) }
        // Let the table say that the second content is the first: as if their checksums were the same.
        let raw = RawTables(directory: path.path)
        let checksum = Array(second.utf8).withUnsafeBytes { Checksum.xxh64($0, seed: 0) }
        let item = try #require(try raw.items(.reference).first { ContentWriter.reference($0.value)?.number == 1 })
        try raw.put(.reference, withUnsafeBytes(of: checksum.bigEndian) { Array($0) }, item.value)
        let log = try EventLog.make(path.path)
        let draft = try report(2, second)
        try log.append([draft])
        #expect(try log.read { try $0.entry(at: 1)?.payload } == draft.payload)
    }
}

extension ContentWriter {
    fileprivate static func reference(_ bytes: [UInt8]) -> Reference? { bytes.withUnsafeBytes { Reference($0) } }
}
