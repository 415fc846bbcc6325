import Nostr
import Testing

@testable import Log

struct ErasureTests {
    private let directory: TemporaryDirectory
    private let log: EventLog

    init() throws {
        directory = try TemporaryDirectory()
        log = try EventLog.make(directory.path)
    }

    private func erasable(_ event: Event, served: Bool = true, shared: Bool = false, salt: UInt64 = 1) -> Draft {
        var draft = Samples.draft(event, served: served, shared: shared, salt: salt)
        draft.flags = LeafFlags.erasable
        return draft
    }

    private func report(_ number: UInt64, _ content: String, author: UInt64 = 1) throws -> Draft {
        let event = try Samples.event(
            author: Samples.author(author), createdAt: Int64(number), kind: .meshStatusReport, content: Text(content))
        return erasable(event, served: false, shared: true, salt: number)
    }

    @discardableResult
    private func erase(_ seqs: [UInt64]) throws -> Int {
        let batch = try log.beginBatch()
        let count = try batch.erase(seqs)
        try batch.commit()
        return count
    }

    private func expectSound(_ log: EventLog) throws {
        try log.read { reader throws in
            try reader.checkTree()
            #expect(try reader.checkIndexes() == nil)
        }
    }

    private func items(_ table: String) throws -> UInt64 {
        try log.storage().tables.first { $0.name == table }?.items ?? 0
    }

    @Test func theLeafStaysAndEverythingElseGoes() throws {
        let event = try Samples.event(tags: [["t", "x"]])
        let hash = try log.append([Samples.draft("before"), erasable(event), Samples.draft("after")])[1].leafHash
        let root = try log.read { $0.root }
        let leaf = try log.read { try $0.leaf(at: 1) }
        let proof = try log.read { try $0.inclusionProof(of: 1, inTreeOf: 3) }
        #expect(try erase([1]) == 1)
        try log.read { reader throws in
            let entry = try #require(try reader.entry(at: 1))
            #expect(entry.leaf == leaf && entry.leafHash == hash && reader.root == root)
            #expect(entry.payload == nil && entry.salt == nil && entry.document == nil && !entry.isServedEvent)
            #expect(try entry.event() == nil)
            #expect(try reader.record(at: 1).count == Record.erasedSize)
            #expect(try reader.positions(of: event.id) == [])
            #expect(try !reader.isServed(event.id))
            #expect(try reader.servedEvent(event.id, now: 0) == nil)
            let path = try reader.inclusionProof(of: 1, inTreeOf: 3)
            #expect(path == proof)
            #expect(MerkleTree.verifyInclusion(leafHash: hash, index: 1, size: 3, proof: path, root: root))
        }
        #expect(try log.query(Filter()) == [])
        for table in ["id", "created", "kind", "author", "authorkind", "tag", "content", "reference"] {
            #expect(try items(table) == 0, "\(table)")
        }
        try expectSound(log)
    }

    @Test func twiceIsOnce() throws {
        try log.append([erasable(try Samples.event()), Samples.draft("x")])
        #expect(try erase([0, 0]) == 1)
        let before = try log.read { reader in Array(try reader.record(at: 0)) }
        #expect(try erase([0]) == 0)
        #expect(try log.read { reader in Array(try reader.record(at: 0)) } == before)
        try expectSound(log)
    }

    @Test func onlyWhatSaysSoMayBeErased() throws {
        let events = try (0..<3).map { try Samples.event(content: Text("\($0)")) }
        try log.append([erasable(events[0]), Samples.draft(events[1]), erasable(events[2])])
        let batch = try log.beginBatch()
        #expect(throws: LogError.misuse("entry 1 may not be erased: its leaf is not marked so")) {
            try batch.erase([0, 1, 2])
        }
        #expect(throws: LogError.misuse("there is no entry 3 to be erased")) { try batch.erase([0, 3]) }
        // Nothing of it has happened, and the batch goes on.
        #expect(try batch.erase([]) == 0)
        try batch.append(Samples.draft("more"), time: .max)
        try batch.commit()
        #expect(try log.query(Filter()).count == 3)
        #expect(throws: LogError.self) { try batch.erase([0]) }
        try expectSound(log)
    }

    @Test func aMissingPayloadThatMayNotBeErasedIsDamage() throws {
        let path = directory.path("other")
        do { try EventLog.make(path).append([Samples.draft("a")]) }
        let leaf = try EventLog.make(path).read { try $0.leaf(at: 0) }
        let raw = RawTables(directory: path)
        try raw.put(.entry, [UInt8](repeating: 0, count: 8), Record.erased(try #require(leaf)))
        let log = try EventLog.open(directory: path, mode: .readOnly)
        let error = #expect(throws: LogError.self) { try log.read { try $0.checkTree() } }
        #expect(error?.seq == 0)
    }

    @Test func aSharedContentGoesWithItsLastEntry() throws {
        let content = String(repeating: "{\"model\":1}", count: 100)
        try log.append(try (0..<5).map { try report($0, content) } + [try report(9, content, author: 2)])
        #expect(try items("content") == 3)
        try erase([0, 2, 4])
        #expect(try items("content") == 3)
        try expectSound(log)
        try erase([1, 3])
        // The key of the first author.
        #expect(try items("content") == 2)
        #expect(try log.read { try $0.entry(at: 5)?.payload != nil })
        try expectSound(log)
        try erase([5])
        #expect(try items("content") == 0)
        #expect(try items("reference") == 0)
        try expectSound(log)
        // What comes again is stored anew.
        let drafts = try [report(20, content), report(21, content)]
        try log.append(drafts)
        #expect(try log.read { try $0.entry(at: 7)?.payload } == drafts[1].payload)
        #expect(try items("content") == 2)
        try expectSound(log)
        try log.rebuildIndexes()
        try expectSound(log)
    }

    @Test func whatTheSameBatchAppendedCanBeErased() throws {
        let content = String(repeating: "content ", count: 100)
        let event = try Samples.event()
        let batch = try log.beginBatch()
        for draft in try [report(1, content), erasable(event), report(2, content)] { try batch.append(draft, time: 1) }
        #expect(try batch.contains(event.id))
        #expect(try batch.erase([0, 1]) == 2)
        #expect(try !batch.contains(event.id))
        try batch.append(try report(3, content), time: 1)
        #expect(try batch.append(erasable(event), time: 1).outcome == .served)
        try batch.commit()
        #expect(try log.query(Filter()) == [event.id])
        try expectSound(log)
    }

    @Test func anErasureThatIsAbortedLeavesEverything() throws {
        let content = String(repeating: "content ", count: 100)
        try log.append([try report(1, content), erasable(try Samples.event())])
        let batch = try log.beginBatch()
        #expect(try batch.erase([0, 1]) == 2)
        batch.abort()
        #expect(try log.query(Filter()).count == 1)
        try log.append([try report(2, content)])
        try expectSound(log)
    }

    @Test func erasingGoesOnWhenTheMapHasToGrow() throws {
        let path = directory.path("tiny")
        let log = try EventLog.make(path, mapSize: 1 << 18)
        let batch = try log.beginBatch()
        let content = String(repeating: "content ", count: 50)
        for number in 0..<100 as Range<UInt64> {
            try batch.append(try report(number, content + "\(number % 7)"), time: 1)
        }
        #expect(try batch.erase(Array(0..<50)) == 50)
        let before = try log.storage().map
        for number in 0..<2_000 {
            try batch.append(erasable(try Samples.event(createdAt: Int64(number), content: Text(content))), time: 1)
        }
        #expect(try batch.erase(Array(80..<1_000)) == 920)
        try batch.commit()
        #expect(try log.storage().map > before)
        try log.read { reader throws in
            for seq in 0..<2_100 as Range<UInt64> {
                let isErased = seq < 50 || (80..<1_000).contains(seq)
                #expect(try (reader.entry(at: seq)?.payload == nil) == isErased)
            }
        }
        try expectSound(log)
    }
}
