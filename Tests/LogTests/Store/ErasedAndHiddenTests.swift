import Nostr
import Testing

@testable import Log

/// Erasing takes away and never brings back.
struct ErasedAndHiddenTests {
    private let directory: TemporaryDirectory
    private let log: EventLog

    init() throws {
        directory = try TemporaryDirectory()
        log = try EventLog.make(directory.path)
    }

    private func erasable(_ event: Event, served: Bool = true) -> Draft {
        var draft = Samples.draft(event, served: served)
        draft.flags = LeafFlags.erasable
        return draft
    }

    private func erase(_ seqs: [UInt64]) throws {
        let batch = try log.beginBatch()
        try batch.erase(seqs)
        try batch.commit()
    }

    private func expectSound(_ log: EventLog) throws {
        try log.read { reader throws in
            try reader.checkTree()
            #expect(try reader.checkIndexes() == nil)
        }
    }

    @Test func anOlderVersionDoesNotComeBack() throws {
        let versions = try [10, 30, 20].map { try Samples.event(createdAt: $0, kind: .meshStatus, tags: [["d", "x"]]) }
        try log.append(versions.map { erasable($0) })
        try erase([1])
        #expect(try log.query(Filter()) == [])
        #expect(try log.read { try $0.isServed(versions[0].id) })
        try expectSound(log)
        try log.rebuildIndexes()
        #expect(try log.query(Filter()) == [])
        // The address is free for another.
        let next = try Samples.event(createdAt: 5, kind: .meshStatus, tags: [["d", "x"]])
        #expect(try log.append([next])[0].outcome == .served)
        #expect(try log.query(Filter()) == [next.id])
        try expectSound(log)
    }

    @Test func whatADeletionTookStaysAway() throws {
        let event = try Samples.event()
        let note = try Samples.event(createdAt: 10, kind: .meshStatus, tags: [["d", "x"]])
        let deletion = try Samples.event(
            createdAt: 20, kind: .deletion,
            tags: [["e", Text(event.id.hex)], ["a", Text("30621:\(note.pubkey.hex):x")]])
        try log.append([event, note].map { erasable($0) } + [erasable(deletion)])
        try erase([2])
        #expect(try log.query(Filter()) == [])
        try expectSound(log)
        try log.rebuildIndexes()
        #expect(try log.query(Filter()) == [])
        #expect(try log.read { try $0.isServed(event.id) })
    }

    @Test func aSecondEntryWithTheEventDoesNotServeIt() throws {
        let event = try Samples.event()
        try log.append([erasable(event), erasable(event), erasable(event, served: false)])
        try erase([0])
        #expect(try log.query(Filter()) == [])
        #expect(try log.read { try $0.positions(of: event.id) } == [1, 2])
        #expect(try log.append([event])[0].outcome == .duplicate)
        try expectSound(log)
        try erase([1, 2])
        try expectSound(log)
    }

    /// Nothing is found afterwards that was not found before, whatever is erased, and rebuilding changes nothing.
    @Test(arguments: 0..<10 as Range<UInt64>)
    func nothingComesBack(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let world = World(seed: seed)
        for _ in 0..<3 { try log.append(try world.drafts(100, deletions: 20, &generator)) }
        let root = try log.read { $0.root }
        var before = try PlainSearch(log).found
        for _ in 0..<5 {
            let seqs = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
                UInt64.random(in: 0..<300, using: &generator)
            }
            try erase(seqs)
            before = before.filter { !seqs.contains($0.value.seq) }
            let found = Set(try log.query([Filter()], now: -1))
            #expect(found == Set(before.keys))
            try expectSound(log)
            try log.rebuildIndexes()
            #expect(Set(try log.query([Filter()], now: -1)) == found)
        }
        #expect(try log.read { $0.root } == root)
    }
}
