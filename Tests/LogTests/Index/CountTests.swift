import Nostr
import Testing

@testable import Log

struct CountTests {
    private let directory: TemporaryDirectory
    private let log: EventLog

    init() throws {
        directory = try TemporaryDirectory()
        log = try EventLog.make(directory.path)
    }

    private func append(_ count: Int) throws -> [Event] {
        let events = try (0..<count).map { (number: Int) throws -> Event in
            try Samples.event(
                author: Samples.author(UInt64(number % 3)), createdAt: Int64(number / 4),
                kind: Kind(UInt16(1 + number % 2)), tags: [["t", "a"], ["t", "b"]], content: Text("\(number)"))
        }
        try log.append(events)
        return events
    }

    @Test func limitsOfFiltersDoNotCount() throws {
        let events = try append(50)
        for limit in [0, 1, 100] {
            #expect(try log.count([Filter(limit: limit)]) == 50)
            #expect(try log.identities([Filter(limit: limit)]).count == 50)
        }
        #expect(try log.count([Filter(ids: events.prefix(7).map(\.id), limit: 2)]) == 7)
    }

    @Test func whatManyFiltersFindCountsOnce() throws {
        _ = try append(60)
        let tag = TagCondition(letter: UInt8(ascii: "t"), values: ["a", "b"])
        let filters = [Filter(kinds: [Kind(1)]), Filter(tags: [tag]), Filter(), Filter(authors: [Samples.author(1)])]
        for turn in [1, 10, .max] {
            #expect(try log.count(filters, turn: turn) == 60)
            #expect(try log.identities(filters, turn: turn).count == 60)
        }
    }

    @Test func countingEndsAtItsMaximum() throws {
        _ = try append(50)
        for (maximum, isCapped) in [(10, true), (50, true), (51, false)] {
            var count = EventCount(filters: [Filter()], upTo: 50, maximum: maximum)
            #expect(try log.read { try count.resume($0, now: 0, maximumKeys: 1_000) } == .done)
            #expect(count.count == min(maximum, 50))
            #expect(count.isCapped == isCapped)
        }
    }

    @Test func aListThatIsTooLongSaysSo() throws {
        _ = try append(50)
        for (maximum, hasTooMany) in [(10, true), (49, true), (50, false)] {
            var scan = IdentityScan(filters: [Filter()], upTo: 50, maximum: maximum)
            #expect(try log.read { try scan.resume($0, now: 0, maximumKeys: 1_000) } == .done)
            #expect(scan.hasTooMany == hasTooMany)
            #expect(scan.identities.count == maximum)
        }
    }

    @Test func aTurnLooksAtNoMoreKeysThanItMay() throws {
        _ = try append(100)
        var count = EventCount(filters: [Filter()], upTo: 100)
        #expect(try log.read { try count.resume($0, now: 0, maximumKeys: 10) } == .more)
        #expect((9...14).contains(count.count))
        var scan = IdentityScan(filters: [Filter()], upTo: 100)
        #expect(try log.read { try scan.resume($0, now: 0, maximumKeys: 10) } == .more)
        #expect((9...14).contains(scan.identities.count))
        // One that matches nothing stops all the same.
        let vain = Filter(kinds: [Kind(2)], tags: [TagCondition(letter: UInt8(ascii: "t"), values: ["a"])])
        var counts = EventCount(filters: [vain], upTo: 100)
        #expect(try log.read { try counts.resume($0, now: 0, maximumKeys: 20) } == .more)
    }

    @Test func theOrderIsThatOfQueriesAndSortsIntoNegentropys() throws {
        let events = try append(40)
        let listed = try log.identities([Filter()])
        #expect(listed.map(\.id) == (try log.query(Filter())))
        let expected = events.map { EventIdentity(createdAt: UInt64($0.createdAt), id: $0.id) }
            .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        #expect(listed.sorted() == expected)
    }

    @Test func idsAreFoundHoweverTheEventIsWritten() throws {
        let event = try Samples.event()
        let text = String(decoding: event.raw, as: UTF8.self)
        let id = "\"id\":\"\(event.id.hex)\","
        let moved = text.replacing(id, with: "").replacing("{\"pubkey\"", with: "{ \(id)\"pubkey\"")
        let other = try Event.parse(Array(moved.utf8))
        try log.append([other])
        #expect(other.raw != event.raw)
        #expect(try log.identities([Filter()]).map(\.id) == [event.id])
    }

    @Test func whatComesMeanwhileIsNotCounted() throws {
        _ = try append(20)
        var count = EventCount(filters: [Filter()], upTo: 20)
        #expect(try log.read { try count.resume($0, now: 0, maximumKeys: 5) } == .more)
        try log.append(try (0..<5).map { try Samples.event(createdAt: 2, content: Text("new \($0)")) })
        #expect(try log.read { try count.resume($0, now: 0, maximumKeys: 500) } == .done)
        #expect(count.count == 20)
    }
}
