import Nostr
import Testing

@testable import Log

struct ExportTests {
    private let directory: TemporaryDirectory
    private let log: EventLog

    init() throws {
        directory = try TemporaryDirectory()
        log = try EventLog.make(directory.path("log"))
    }

    private func lines(_ log: EventLog) throws -> [[UInt8]] {
        try log.read { reader in
            var lines: [[UInt8]] = []
            try reader.forEachEntry { view in
                lines.append(ExportedEntry(view).json)
                return true
            }
            return lines
        }
    }

    /// The log that these lines make, in batches of `batchSize`.
    private func restored(_ lines: [[UInt8]], _ name: String, mapSize: Int = 1 << 24, batchSize: Int = 70) throws
        -> EventLog
    {
        let log = try EventLog.make(directory.path(name), mapSize: mapSize)
        for start in stride(from: 0, to: lines.count, by: batchSize) {
            let batch = try log.beginBatch()
            for line in lines[start..<min(start + batchSize, lines.count)] {
                try batch.restore(try ExportedEntry(json: line))
            }
            try batch.commit()
        }
        return log
    }

    private func expectSame(_ copy: EventLog) throws {
        try copy.read { reader throws in
            try log.read { original throws in
                #expect(reader.root == original.root && reader.size == original.size)
                #expect(reader.lastTime == original.lastTime)
                for seq in 0..<original.size {
                    #expect(try reader.leaf(at: seq)?.encoded() == (try original.leaf(at: seq)?.encoded()))
                    let entries = try (reader.entry(at: seq), original.entry(at: seq))
                    #expect(entries.0?.payload == entries.1?.payload && entries.0?.salt == entries.1?.salt)
                    #expect(entries.0?.document == entries.1?.document)
                    #expect(entries.0?.isServedEvent == entries.1?.isServedEvent)
                }
            }
            try reader.checkTree()
            #expect(try reader.checkIndexes() == nil)
        }
        #expect(try copy.query([Filter()], now: -1) == (try log.query([Filter()], now: -1)))
        #expect(try lines(copy) == (try lines(log)))
    }

    private func fill() throws {
        var generator = SeededGenerator(seed: 9)
        let world = World(seed: 9)
        let content = Text(String(repeating: "{\"model\":\"llama\"}", count: 100))
        var report = Samples.draft(
            try Samples.event(kind: .meshStatusReport, content: content), served: false, shared: true)
        report.flags = LeafFlags.erasable
        var binary = Samples.draft("")
        binary.payload = [0, 0xff, 0xc3, 0x28]
        let odd = Samples.draft("quotes \" \\ \u{0} \u{1f} \u{7f} \u{2028} é 🂡 \n\r\t")
        var mark = Samples.draft("{\"mark\":\"tick\"}", type: .mark, members: Samples.salt(1), state: Samples.salt(2))
        mark.schema = 7
        mark.rules = 3
        try log.append(
            try [report, binary, report, odd, mark, Samples.draft("")] + world.drafts(200, deletions: 30, &generator))
    }

    @Test func aLogComesBackWithTheSameRoot() throws {
        try fill()
        let copy = try restored(try lines(log), "copy")
        try expectSame(copy)
        #expect(
            try copy.storage().tables.first { $0.name == "content" }?.items
                == (try log.storage().tables.first { $0.name == "content" }?.items))
    }

    @Test func nothingWasErasedSoEveryByteIsTheSame() throws {
        try fill()
        let path = directory.path("copy")
        do { _ = try restored(try lines(log), "copy") }
        let raw = RawTables(directory: path)
        let other = directory.path("other")
        try log.copy(to: other)
        for table in Table.allCases {
            let items = try raw.items(table).map { $0.key + [0xff] + $0.value }
            #expect(
                items == (try RawTables(directory: other).items(table).map { $0.key + [0xff] + $0.value }), "\(table)")
        }
    }

    @Test func whatWasErasedComesAsItsLeaf() throws {
        try fill()
        let batch = try log.beginBatch()
        try batch.erase([0] + Array(stride(from: 6, to: 200, by: 3)))
        try batch.commit()
        let lines = try lines(log)
        #expect(String(decoding: lines[0], as: UTF8.self).wholeMatch(of: /\{"leaf":"[A-Za-z0-9+\/=]+"\}/) != nil)
        #expect(lines.contains { String(decoding: $0, as: UTF8.self).contains("\"withdrawn\":true") })
        try expectSame(try restored(lines, "copy"))
        // A rebuild of either comes to the same.
        let found = try log.query([Filter()], now: -1)
        try log.rebuildIndexes()
        #expect(try log.query([Filter()], now: -1) == found)
    }

    @Test func restoringGoesOnWhenTheMapHasToGrow() throws {
        try fill()
        try expectSame(try restored(try lines(log), "copy", mapSize: 1 << 18, batchSize: 1_000))
    }

    @Test func restoredEntriesAreJudgedAsTheyStand() throws {
        let event = try Samples.event(kind: .meshStatus, tags: [["d", "x"]])
        try log.append([event, event])
        let lines = try lines(log)
        let copy = try EventLog.make(directory.path("copy"))
        let batch = try copy.beginBatch()
        #expect(try batch.restore(try ExportedEntry(json: lines[0])).outcome == .served)
        #expect(try batch.restore(try ExportedEntry(json: lines[1])).outcome == .duplicate)
        try batch.commit()
        #expect(try copy.query(Filter()) == [event.id])
    }
}
