import Nostr
import Testing

@testable import Log

struct EventScanTests {
    private let directory: TemporaryDirectory
    private let log: EventLog

    init() throws {
        directory = try TemporaryDirectory()
        log = try EventLog.make(directory.path)
    }

    private func id(_ number: UInt64) -> EventID {
        var bytes = [UInt8](repeating: 0, count: 24)
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
        return bytes.withUnsafeBytes { Bytes32($0) }
    }

    @Test func newestComeFirstAndAtEqualTimesTheLowestID() throws {
        // Ids that share their first 24 bytes: only a comparison of the whole id tells them apart.
        let events = try [(5, 10), (3, 10), (4, 10), (1, 20), (2, 5)].map { number, time in
            try Samples.event(id: id(UInt64(number)), createdAt: Int64(time))
        }
        try log.append(events)
        #expect(try log.query(Filter()) == [1, 3, 4, 5, 2].map { id($0) })
        #expect(try log.query(Filter(limit: 2)) == [1, 3].map { id($0) })
        #expect(try log.query(Filter(ids: events.map(\.id))) == [1, 3, 4, 5, 2].map { id($0) })
        #expect(try log.query(Filter(ids: events.map(\.id), limit: 3)) == [1, 3, 4].map { id($0) })
    }

    @Test func anEventThatManyFiltersMatchComesOnce() throws {
        let event = try Samples.event(tags: [["t", "a"], ["t", "b"]])
        try log.append([event])
        let filters = [
            Filter(), Filter(ids: [event.id]), Filter(authors: [event.pubkey]), Filter(kinds: [.textNote]),
            Filter(tags: [TagCondition(letter: UInt8(ascii: "t"), values: ["a", "b"])]), Filter(),
        ]
        #expect(try log.query(filters) == [event.id])
    }

    @Test func eachFilterHasItsOwnLimit() throws {
        let events = try (0..<10).map { number in
            try Samples.event(
                id: id(UInt64(number)), createdAt: 100 + Int64(number), kind: Kind(UInt16(1 + number % 2)))
        }
        try log.append(events)
        let found = try log.query(Filter(kinds: [Kind(1)], limit: 2), Filter(kinds: [Kind(2)], limit: 1))
        #expect(found == [9, 8, 6].map { id($0) })
        #expect(try log.query(Filter(limit: 3), Filter(kinds: [Kind(1)], limit: 1)) == [9, 8, 7].map { id($0) })
        #expect(try log.query([Filter(limit: 100)], maximumLimit: 4).count == 4)
        #expect(try log.query([Filter()], maximumLimit: 4).count == 4)
        #expect(try log.query(Filter(limit: 0)).isEmpty)
    }

    @Test func sinceAndUntilAreInclusive() throws {
        try log.append(try (0..<5).map { try Samples.event(id: id(UInt64($0)), createdAt: 10 * Int64($0)) })
        #expect(try log.query(Filter(since: 10, until: 30)) == [3, 2, 1].map { id($0) })
        #expect(try log.query(Filter(since: 31, until: 30)).isEmpty)
        #expect(try log.query(Filter(until: -1)).isEmpty)
        #expect(try log.query(Filter(since: -5, until: 0)) == [id(0)])
        #expect(try log.query(Filter(until: .max)).count == 5)
        #expect(try log.query(Filter(since: .max)).isEmpty)
    }

    @Test func emptyListsMatchNothing() throws {
        try log.append([try Samples.event(tags: [["p", "x"]])])
        let empty = TagCondition(letter: UInt8(ascii: "p"), values: [])
        for filter in [Filter(ids: []), Filter(authors: []), Filter(kinds: []), Filter(tags: [empty])] {
            #expect(try log.query(filter).isEmpty)
        }
        #expect(try log.query([]).isEmpty)
    }

    @Test func ephemeralEventsAreNeverFound() throws {
        let event = try Samples.event(kind: .callMeNow, tags: [["p", "x"]])
        #expect(try log.append([event])[0].isServed)
        let tag = TagCondition(letter: UInt8(ascii: "p"), values: ["x"])
        for filter in [Filter(), Filter(ids: [event.id]), Filter(kinds: [.callMeNow]), Filter(tags: [tag])] {
            #expect(try log.query(filter).isEmpty)
        }
        #expect(try log.read { try $0.positions(of: event.id) } == [0])
        #expect(try log.read { try $0.isServed(event.id) })
        #expect(try log.read { try $0.servedEvent(event.id, now: 0) } == nil)
    }

    @Test func eventsThatAreNotServedAreFoundByNobody() throws {
        let event = try Samples.event()
        let placed = try log.append([Samples.draft(event, served: false)])
        #expect(placed[0].outcome == .notServed)
        #expect(try log.query(Filter(), Filter(ids: [event.id])).isEmpty)
        #expect(try log.read { try $0.positions(of: event.id) } == [0])
        #expect(try !log.read { try $0.isServed(event.id) })
        // It may come again, and be served then.
        #expect(try log.append([event])[0].outcome == .served)
        #expect(try log.query(Filter()) == [event.id])
        #expect(try log.read { try $0.positions(of: event.id) } == [0, 1])
        #expect(try log.read { try $0.events(withID: event.id).map(\.isServedEvent) } == [false, true])
    }

    @Test func aFilterIsCheckedOnTheEventItself() throws {
        // Two authors whose first eight bytes are the same come from the same range of the index.
        let other = Array(Samples.author(1).bytes.prefix(8)) + [UInt8](repeating: 7, count: 24)
        let stranger = try #require(Bytes32(other))
        let events = [
            try Samples.event(author: Samples.author(1)), try Samples.event(author: stranger, content: "stranger"),
        ]
        try log.append(events)
        #expect(try log.query(Filter(authors: [stranger])) == [events[1].id])
        #expect(try log.query(Filter(authors: [Samples.author(1)], kinds: [.textNote])) == [events[0].id])
    }

    @Test(arguments: 0..<4)
    func whatIsReplacedBetweenTwoTurnsIsLeftOut(_ way: Int) throws {
        let old = try (0..<10).map { number in
            try Samples.event(
                author: Samples.author(UInt64(number)), createdAt: 100 - Int64(number), kind: .meshStatus,
                tags: [["d", "x"]])
        }
        try log.append(old)
        let filter = [
            Filter(), Filter(kinds: [.meshStatus]), Filter(ids: old.map(\.id)), Filter(authors: old.map(\.pubkey)),
        ][way]
        var scan = EventScan(filters: [filter], upTo: 10, maximumLimit: 100)
        var ids: [EventID] = []
        func turn() throws -> ScanProgress {
            try log.read { reader in
                try scan.resume(reader, now: 0, maximumEvents: 1, maximumKeys: .max) {
                    ids.append(try Event.parse($0).id)
                }
            }
        }
        for _ in 0..<3 { #expect(try turn() == .more) }
        // One that was given already, the next one to come, and one that comes later are replaced.
        try log.append(
            try [1, 3, 6].map { number in
                try Samples.event(author: old[number].pubkey, createdAt: 200, kind: .meshStatus, tags: [["d", "x"]])
            })
        while try turn() == .more {}
        #expect(ids == [0, 1, 2, 4, 5, 7, 8, 9].map { old[$0].id })
    }

    @Test func whatComesLaterIsNotTheScans() throws {
        try log.append(try (0..<5).map { try Samples.event(createdAt: Int64($0)) })
        let size = try log.read { $0.size }
        var scan = EventScan(filters: [Filter()], upTo: size, maximumLimit: 100)
        try log.append(try (5..<9).map { try Samples.event(createdAt: Int64($0 - 3)) })
        var times: [Int64] = []
        let progress = try log.read { reader in
            try scan.resume(reader, now: 0, maximumEvents: 100, maximumKeys: 100) {
                times.append(try Event.parse($0).createdAt)
            }
        }
        #expect(progress == .done)
        #expect(times == [4, 3, 2, 1, 0])
    }

    @Test func aTurnStopsAtItsBudget() throws {
        try log.append(try (0..<100).map { try Samples.event(createdAt: Int64($0), tags: [["t", Text("\($0)")]]) })
        var scan = EventScan(filters: [Filter()], upTo: 100, maximumLimit: 100)
        var count = 0
        #expect(
            try log.read { try scan.resume($0, now: 0, maximumEvents: 7, maximumKeys: 1_000) { _ in count += 1 } }
                == .more)
        #expect(count == 7)
        #expect(
            try log.read { try scan.resume($0, now: 0, maximumEvents: 1_000, maximumKeys: 5) { _ in count += 1 } }
                == .more)
        #expect(count == 12)
        // A filter that matches nothing still costs keys.
        var vain = EventScan(
            filters: [
                Filter(authors: [Samples.author(1)], tags: [TagCondition(letter: UInt8(ascii: "x"), values: ["1"])])
            ],
            upTo: 100, maximumLimit: 100)
        #expect(
            try log.read { try vain.resume($0, now: 0, maximumEvents: 1, maximumKeys: 10) { _ in count += 1 } } == .done
        )
        #expect(count == 12)
    }
}
