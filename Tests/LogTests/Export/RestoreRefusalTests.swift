import Nostr
import Testing

@testable import Log

struct RestoreRefusalTests {
    private let directory: TemporaryDirectory
    private let log: EventLog
    /// A good entry at position 1, after which the log goes on.
    private let entry: ExportedEntry

    init() throws {
        directory = try TemporaryDirectory()
        let source = try EventLog.make(directory.path("source"))
        try source.append([Samples.draft("first"), Samples.draft(try Samples.event())])
        let entries = try source.read { reader in
            var entries: [ExportedEntry] = []
            try reader.forEachEntry { view in
                entries.append(ExportedEntry(view))
                return true
            }
            return entries
        }
        entry = entries[1]
        log = try EventLog.make(directory.path("log"))
        let batch = try log.beginBatch()
        try batch.restore(entries[0])
        try batch.commit()
    }

    /// Expects that a changed entry is refused, for that reason, and that the batch goes on with the good one.
    private func expectRefusal(_ reason: String, _ change: (inout ExportedEntry) -> Void) throws {
        var changed = entry
        change(&changed)
        let batch = try log.beginBatch()
        let error = #expect(throws: LogError.self) { try batch.restore(changed) }
        guard case .misuse(let text)? = error else {
            Issue.record("\(String(describing: error)) instead of misuse")
            return
        }
        #expect(text.contains(reason), "\(text)")
        #expect(batch.size == 1)
        #expect(try batch.restore(entry).outcome == .served)
        batch.abort()
    }

    @Test func theLeafMustBeTheNext() throws {
        for seq in [0, 2, .max] as [UInt64] {
            try expectRefusal("the next entry is 1") { $0.leaf.seq = seq }
        }
        try expectRefusal("before that of the entry before") { $0.leaf.time = Samples.time - 1 }
        try expectRefusal("flags") { $0.leaf.flags = 4 }
    }

    @Test func payloadAndSaltMustMatchTheCommitment() throws {
        try expectRefusal("commitment") { $0.leaf.commitment = Samples.salt(5) }
        try expectRefusal("commitment") { $0.body?.salt = Samples.salt(5) }
        try expectRefusal("commitment") { $0.body?.payload[1] = UInt8(ascii: "x") }
        try expectRefusal("commitment") { $0.body?.payload.append(0x20) }
    }

    @Test func onlyWhatMayBeErasedMayBeMissing() throws {
        try expectRefusal("no payload") { $0.body = nil }
        var erased = entry
        erased.leaf.flags = LeafFlags.erasable
        erased.body = nil
        let batch = try log.beginBatch()
        #expect(try batch.restore(erased).outcome == .notServed)
        try batch.commit()
        try log.read { reader throws in
            #expect(try reader.leaf(at: 1) == erased.leaf)
            try reader.checkTree()
            #expect(try reader.checkIndexes() == nil)
        }
    }

    @Test func theEventMustBeThere() throws {
        try expectRefusal("document") { $0.body?.document = nil }
        try expectRefusal("document") { $0.body?.document = 0..<1_000_000 }
        try expectRefusal("no event") { $0.body?.document = 0..<10 }
        try expectRefusal("document") { $0.body?.document = -5..<10 }
        try expectRefusal("serves an event") { $0.body?.isEvent = false }
        try expectRefusal("serves an event") {
            $0.body?.isServed = false
            $0.body?.isWithdrawn = true
        }
    }

    @Test func aWrongHintOfWhatIsSharedCostsRoomOnly() throws {
        for range in [0..<5, -5..<900, 10..<100_000, 3..<3] {
            var changed = entry
            changed.body?.shared = range
            let batch = try log.beginBatch()
            try batch.restore(changed)
            batch.abort()
        }
    }

    @Test func linesThatAreNoEntriesAreRefused() throws {
        let good = String(decoding: entry.json, as: UTF8.self)
        #expect(try ExportedEntry(json: Array(good.utf8)) == entry)
        #expect(try ExportedEntry(json: Array(" \(good)\r\n".utf8)) == entry)
        let changes: [(String, String)] = [
            ("{\"leaf\"", "[\"leaf\""), ("\"leaf\":\"", "\"leaf\":\"?"), ("\"leaf\":\"T", "\"leaf\":\"U"),
            ("\"leaf\":\"", "\"leaf\":\"AAAA"), ("\"leaf\"", "\"head\""), ("\"salt\":\"", "\"salt\":\"0"),
            ("\"salt\"", "\"pepper\""), ("\"payload\":\"", "\"payload\":0,\"x\":\""),
            ("\"payload\":\"", "\"payload64\":\"?"), ("\"payload\"", "\"load\""),
            ("\"document\":[", "\"document\":[0,"),
            ("\"document\":[", "\"document\":[99999,1],\"x\":["), ("\"document\":[", "\"document\":[-"),
            ("\"document\":[", "\"document\":[\"x\","), ("\"document\":[", "\"document\":7,\"x\":["),
            ("\"event\":true", "\"event\":1"), ("\"served\":true", "\"served\":\"true\""),
        ]
        for (old, new) in changes {
            #expect(good.contains(old), "\(old)")
            #expect(throws: LogError.self, "\(new)") {
                try ExportedEntry(json: Array(good.replacing(old, with: new).utf8))
            }
        }
        for line in ["", "null", "{}", "[]", "\"leaf\"", String(good.dropLast()), good + good] {
            #expect(throws: LogError.self) { try ExportedEntry(json: Array(line.utf8)) }
        }
    }
}
