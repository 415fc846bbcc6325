import Nostr
import Testing

@testable import Log

struct ExpirationTests {
    private let directory: TemporaryDirectory
    private let log: EventLog

    init() throws {
        directory = try TemporaryDirectory()
        log = try EventLog.make(directory.path)
    }

    private func event(_ expiration: Text, kind: Kind = .textNote, createdAt: Int64 = 10) throws -> Event {
        try Samples.event(
            createdAt: createdAt, kind: kind, tags: [["t", "x"], ["expiration", expiration], ["d", "a"]],
            content: expiration)
    }

    @Test func anEventIsFoundUntilItsTimeHasCome() throws {
        let event = try event("100")
        try log.append([event])
        let tag = TagCondition(letter: UInt8(ascii: "t"), values: ["x"])
        let filters = [
            Filter(), Filter(ids: [event.id]), Filter(authors: [event.pubkey]), Filter(kinds: [.textNote]),
            Filter(authors: [event.pubkey], kinds: [.textNote]), Filter(tags: [tag]),
        ]
        for filter in filters {
            #expect(try log.query([filter], now: 99) == [event.id])
            #expect(try log.query([filter], now: 100) == [])
            #expect(try log.count([filter], now: 99) == 1)
            #expect(try log.count([filter], now: 100) == 0)
            #expect(try log.identities([filter], now: 99).map(\.id) == [event.id])
            #expect(try log.identities([filter], now: 100) == [])
        }
        try log.read { reader throws in
            #expect(try reader.servedEvent(event.id, now: 99) == event)
            #expect(try reader.servedEvent(event.id, now: 100) == nil)
            #expect(try reader.isServed(event.id))
            #expect(try reader.entry(at: 0)?.event() == event)
            #expect(try reader.checkIndexes() == nil)
        }
    }

    @Test func aTimeThatIsNoneIsNone() throws {
        let values: [Text] = ["", "x", "-1", "1.5", " 1", "1 ", "99999999999999999999"]
        let events = try values.map { try event($0) } + [try Samples.event(tags: [["expiration"]])]
        try log.append(events)
        #expect(try log.query([Filter()], now: .max).count == events.count)
        #expect(try log.read { try $0.checkIndexes() } == nil)
    }

    @Test func whatHasExpiredStillHoldsItsAddress() throws {
        try log.append([try event("50", kind: .meshStatus, createdAt: 10)])
        #expect(try log.append([try event("900", kind: .meshStatus, createdAt: 9)])[0].outcome == .superseded)
        #expect(try log.query([Filter()], now: 60) == [])
        let newer = try event("70", kind: .meshStatus, createdAt: 11)
        #expect(try log.append([newer])[0].outcome == .served)
        #expect(try log.query([Filter()], now: 60) == [newer.id])
        #expect(try log.storage().tables.first { $0.name == "created" }?.items == 1)
        #expect(try log.read { try $0.checkIndexes() } == nil)
    }

    @Test func whatHasExpiredTakesNoPartOfTheLimit() throws {
        let expired = try (0..<20).map { try event("50", createdAt: 100 + $0) }
        let lasting = try (0..<5).map { try Samples.event(createdAt: $0, content: Text("\($0)")) }
        try log.append(expired + lasting)
        #expect(try log.query([Filter(limit: 5)], turn: 3, now: 50).count == 5)
    }

    @Test func aDeletionThatExpiresHasDeletedAllTheSame() throws {
        let event = try Samples.event()
        let deletion = try Samples.event(
            kind: .deletion, tags: [["e", Text(event.id.hex)], ["expiration", "100"]])
        try log.append([event, deletion])
        #expect(try log.query([Filter()], now: 99) == [deletion.id])
        #expect(try log.query([Filter()], now: 100) == [])
        #expect(try log.read { try $0.isDeleted(event) })
    }

    @Test func theTimeOfTheTurnCounts() throws {
        try log.append(try (0..<10).map { try event(Text("\(90 + $0)"), createdAt: $0) })
        var scan = EventScan(filters: [Filter()], upTo: 10, maximumLimit: 100)
        var count = 0
        let first = try log.read { try scan.resume($0, now: 0, maximumEvents: 2, maximumKeys: 100) { _ in count += 1 } }
        #expect(first == .more && count == 2)
        let rest = try log.read { try scan.resume($0, now: 95, maximumEvents: 99, maximumKeys: 99) { _ in count += 1 } }
        // Of those left, 90 to 97, the ones at 96 and 97 last longer.
        #expect(rest == .done && count == 4)
    }

    @Test func anotherTimeInAnIndexIsFound() throws {
        let event = try event("100")
        do { try EventLog.make(directory.path("other")).append([event]) }
        let raw = RawTables(directory: directory.path("other"))
        for table in [Table.created, .kind, .author, .authorKind, .tag] {
            let item = try #require(try raw.items(table).first)
            try raw.put(table, item.key, [0, 0, 0, 0, 0, 0, 0, 99])
            let log = try EventLog.make(directory.path("other"))
            #expect(try log.read { try $0.checkIndexes() }?.contains("another value") == true)
            try log.rebuildIndexes()
            #expect(try log.read { try $0.checkIndexes() } == nil)
        }
    }
}
