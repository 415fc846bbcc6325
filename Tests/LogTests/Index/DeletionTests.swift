import Nostr
import Testing

@testable import Log

struct DeletionTests {
    private let directory: TemporaryDirectory
    private let log: EventLog
    private let relay = Samples.author(99)

    init() throws {
        directory = try TemporaryDirectory()
        log = try EventLog.make(directory.path)
    }

    private func deletion(
        _ tags: [[Text]], author: PublicKey = Samples.author(1), createdAt: Int64 = 1_700_000_100
    ) throws -> Event {
        try Samples.event(author: author, createdAt: createdAt, kind: .deletion, tags: tags, content: "by accident")
    }

    private func note(_ createdAt: Int64, kind: Kind = .meshStatus, _ name: Text = "x") throws -> Event {
        try Samples.event(createdAt: createdAt, kind: kind, tags: [["d", name]])
    }

    private func address(_ event: Event) -> Text {
        Text("\(event.kind):\(event.pubkey.hex):\(event.tags.firstValue(of: "d")?.string ?? "")")
    }

    private func isSound() throws -> Bool { try log.read { try $0.checkIndexes() } == nil }

    @Test func whatItsAuthorDeletesIsNotFoundInAnyWay() throws {
        let event = try Samples.event(tags: [["t", "a"]])
        try log.append([event])
        let deletion = try deletion([["e", Text(event.id.hex)]])
        #expect(try log.append([deletion])[0].outcome == .served)
        let tag = TagCondition(letter: UInt8(ascii: "t"), values: ["a"])
        let filters = [
            Filter(ids: [event.id]), Filter(authors: [event.pubkey], kinds: [.textNote]), Filter(kinds: [.textNote]),
            Filter(tags: [tag]),
        ]
        for filter in filters { #expect(try log.query(filter) == []) }
        #expect(try log.query(Filter()) == [deletion.id])
        #expect(try log.query(Filter(authors: [event.pubkey])) == [deletion.id])
        #expect(try log.count([Filter()]) == 1)
        try log.read { reader throws in
            #expect(try reader.servedEvent(event.id, now: 0) == nil)
            #expect(try reader.isDeleted(event))
            // It was there: a copy is a duplicate, and the entry stays.
            #expect(try reader.isServed(event.id))
            #expect(try reader.entry(at: 0)?.event() == event)
        }
        #expect(try log.append([event])[0].outcome == .duplicate)
        #expect(try log.query(Filter(kinds: [.textNote])) == [])
        #expect(try isSound())
    }

    @Test func whatWasLookedForBeforeItCameIsFoundWhenItHasCome() throws {
        let (event, other) = (try Samples.event(), try Samples.event(content: "other"))
        let batch = try log.beginBatch()
        #expect(try !batch.contains(event.id))
        try batch.append(Samples.draft(event), time: Samples.time)
        #expect(try batch.contains(event.id), "it waits for the commit")
        #expect(try !batch.contains(other.id))
        #expect(try batch.contains(event.id))
        // What waits is written now.
        try batch.append(Samples.draft(deletion([["e", Text(event.id.hex)]])), time: Samples.time)
        #expect(try batch.contains(event.id))
        #expect(try batch.append(Samples.draft(event), time: Samples.time).outcome == .duplicate)
        #expect(try !log.lookUp(event.id).isServed, "nobody sees it before the commit")
        try batch.commit()
        #expect(try log.lookUp(event.id).isServed)
        #expect(try !log.lookUp(other.id).isServed)
        #expect(try isSound())
    }

    @Test func nobodyDeletesForOthers() throws {
        let event = try Samples.event()
        let current = try note(10)
        try log.append([event, current])
        let stranger = try deletion(
            [["e", Text(event.id.hex)], ["e", Text(current.id.hex)], ["a", address(current)]],
            author: Samples.author(2))
        try log.append([stranger])
        #expect(try log.query(Filter(authors: [Samples.author(1)])).count == 2)
        #expect(try log.read { try !$0.isDeleted(event) && !$0.isDeleted(current) })
        // Nor when it comes before.
        let later = try Samples.event(content: "later")
        try log.append([try deletion([["e", Text(later.id.hex)]], author: Samples.author(2)), later])
        #expect(try log.query(Filter(ids: [later.id])) == [later.id])
        #expect(try isSound())
    }

    @Test func theRelayDeletesWhoeverWroteIt() throws {
        let event = try Samples.event()
        let other = try note(10)
        let later = try Samples.event(content: "later")
        try log.append([event, other])
        let tags = [event, other, later].map { ["e", Text($0.id.hex)] } + [["a", address(other)]]
        var draft = Samples.draft(try deletion(tags, author: relay))
        draft.type = .relayEvent
        try log.append([draft])
        #expect(try log.append([later])[0].outcome == .deleted)
        #expect(try log.query(Filter(authors: [Samples.author(1)])) == [])
        #expect(try log.read { try $0.isDeleted(event) && $0.isDeleted(later) })
        // Its author can publish a newer one.
        #expect(try log.append([try note(11)])[0].outcome == .served)
        #expect(try log.query(Filter(kinds: [.meshStatus])).count == 1)
        #expect(try isSound())
    }

    @Test func theRelaysAddressesAreItsOwnOnly() throws {
        let current = try note(10)
        var draft = Samples.draft(try deletion([["a", address(current)]], author: relay))
        draft.type = .relayEvent
        try log.append([Samples.draft(current), draft])
        #expect(try log.query(Filter(kinds: [.meshStatus])) == [current.id])
    }

    @Test func aDeletionThatIsNotServedDeletesNothing() throws {
        let event = try Samples.event()
        try log.append([Samples.draft(event), Samples.draft(try deletion([["e", Text(event.id.hex)]]), served: false)])
        #expect(try log.query(Filter()) == [event.id])
        #expect(try log.read { try !$0.isDeleted(event) })
        #expect(try isSound())
    }

    @Test func deletionsAreNeverDeleted() throws {
        let first = try deletion([["p", "x"]])
        let second = try deletion([["e", Text(first.id.hex)]], createdAt: 1_700_000_200)
        var third = Samples.draft(
            try deletion([["e", Text(first.id.hex)], ["e", Text(second.id.hex)]], author: relay))
        third.type = .relayEvent
        try log.append([Samples.draft(second), Samples.draft(first), third])
        #expect(try log.query(Filter()).count == 3)
        #expect(try log.read { try !$0.isDeleted(first) })
        #expect(try isSound())
    }

    @Test func aDeletionThatComesFirstHolds() throws {
        let event = try Samples.event()
        let old = try note(10)
        let new = try note(30)
        try log.append([try deletion([["e", Text(event.id.hex)], ["a", address(old)]], createdAt: 20)])
        let batch = try log.beginBatch()
        #expect(try batch.isDeleted(event))
        #expect(try batch.isDeleted(old))
        #expect(try !batch.isDeleted(new))
        #expect(try !batch.contains(event.id))
        #expect(try batch.append(Samples.draft(event), time: .max).outcome == .deleted)
        #expect(try batch.append(Samples.draft(old), time: .max).outcome == .deleted)
        #expect(try batch.append(Samples.draft(new), time: .max).outcome == .served)
        #expect(try batch.contains(event.id))
        try batch.commit()
        #expect(try log.query(Filter(kinds: [.textNote, .meshStatus])) == [new.id])
        #expect(try isSound())
    }

    @Test func aBatchKnowsItsOwnDeletions() throws {
        let first = try Samples.event()
        let second = try Samples.event(content: "second")
        let batch = try log.beginBatch()
        #expect(try !batch.isDeleted(first))
        try batch.append(Samples.draft(first), time: 1)
        let names: [[Text]] = [["e", Text(first.id.hex)], ["e", Text(second.id.hex)]]
        try batch.append(Samples.draft(try deletion(names)), time: 1)
        #expect(try batch.isDeleted(first))
        #expect(try batch.append(Samples.draft(second), time: 1).outcome == .deleted)
        try batch.commit()
        #expect(try log.query(Filter(kinds: [.textNote])) == [])
        #expect(try isSound())
    }

    @Test func aQueryThatWaitsDoesNotGiveWhatIsDeletedMeanwhile() throws {
        let events = try (0..<10).map { try Samples.event(createdAt: Int64($0), content: Text("\($0)")) }
        try log.append(events)
        var scans = [Filter(), Filter(ids: events.map(\.id))].map {
            EventScan(filters: [$0], upTo: 10, maximumLimit: 100)
        }
        for index in scans.indices {
            #expect(
                try log.read { try scans[index].resume($0, now: 0, maximumEvents: 1, maximumKeys: 1_000) { _ in } }
                    == .more)
        }
        try log.append([try deletion(events.prefix(9).map { ["e", Text($0.id.hex)] })])
        for index in scans.indices {
            var rest: [EventID] = []
            #expect(
                try log.read { reader in
                    try scans[index].resume(reader, now: 0, maximumEvents: 100, maximumKeys: 1_000) {
                        rest.append(try Event.parse($0).id)
                    }
                } == .done)
            #expect(rest == [])
        }
    }

    @Test func aDeletionOfManyIsOneEntry() throws {
        let events = try (0..<500).map { try Samples.event(createdAt: Int64($0), content: Text("\($0)")) }
        try log.append(events)
        try log.append([try deletion(events.map { ["e", Text($0.id.hex)] })])
        #expect(try log.query(Filter(kinds: [.textNote])) == [])
        #expect(try isSound())
        let raw = try log.storage().tables.first { $0.name == "created" }?.items
        #expect(raw == 1)
    }

    @Test func rebuildingComesToTheSame() throws {
        let world = World(seed: 77)
        var generator = SeededGenerator(seed: 77)
        try log.append(try world.drafts(200, deletions: 50, &generator))
        let before = try log.query([Filter()], now: -1)
        #expect(before == (try PlainSearch(log).events(now: -1).map(\.id)))
        try log.rebuildIndexes()
        #expect(try log.query([Filter()], now: -1) == before)
        #expect(try isSound())
    }
}
