import Nostr
import Testing

@testable import Log

struct IndexRulesTests {
    private let directory: TemporaryDirectory
    private let log: EventLog

    init() throws {
        directory = try TemporaryDirectory()
        log = try EventLog.make(directory.path)
    }

    @Test(arguments: [0, 3, 10_000, 19_999] as [UInt16])
    func ofReplaceableEventsOnlyTheNewestIsFound(_ kind: UInt16) throws {
        let events = try [10, 30, 20].map { try Samples.event(createdAt: $0, kind: Kind(kind), content: Text("\($0)")) }
        #expect(try log.append(events).map(\.outcome) == [.served, .served, .superseded])
        #expect(try log.query(Filter()) == [events[1].id])
        #expect(try log.query(Filter(ids: events.map(\.id))) == [events[1].id])
        #expect(try log.append([events[0]]).map(\.outcome) == [.duplicate])
        try log.read { reader throws in
            #expect(try reader.checkIndexes() == nil)
            // All of them were served: sent again, they are nothing new.
            for event in events { #expect(try reader.isServed(event.id)) }
            #expect(try reader.servedEvent(events[0].id, now: 0) == nil)
            #expect(try reader.servedEvent(events[1].id, now: 0) == events[1])
        }
    }

    @Test func atEqualTimesTheLowestIDStays() throws {
        let events = try ["a", "b", "c", "d"].map { try Samples.event(kind: .metadata, content: $0) }
        let lowest = try #require(events.map(\.id).min())
        try log.append(events)
        #expect(try log.query(Filter()) == [lowest])
        try log.append(Array(events.reversed()))
        #expect(try log.query(Filter()) == [lowest])
    }

    @Test func addressableEventsAreToldApartByTheirDTag() throws {
        let events = try [["d", "a"], ["d", "b"], ["d", ""], ["x", "a"], ["d"]].enumerated().map { time, tag in
            try Samples.event(createdAt: Int64(time), kind: .meshStatus, tags: [tag.map { Text($0) }])
        }
        // No d tag, an empty one and one without a value are the same address.
        #expect(try log.append(events).map(\.outcome) == [.served, .served, .served, .served, .served])
        #expect(try log.query(Filter()) == [4, 1, 0].map { events[$0].id })
        #expect(try log.read { try $0.checkIndexes() } == nil)
    }

    @Test func onlyTheFirstDTagCounts() throws {
        let first = try Samples.event(createdAt: 1, kind: .meshStatus, tags: [["d", "a"], ["d", "b"]])
        let second = try Samples.event(createdAt: 2, kind: .meshStatus, tags: [["d", "a"]])
        try log.append([first, second])
        #expect(try log.query(Filter()) == [second.id])
    }

    @Test func otherAuthorsAndKindsAreOtherAddresses() throws {
        let events = [
            try Samples.event(author: Samples.author(1), kind: .metadata),
            try Samples.event(author: Samples.author(2), kind: .metadata),
            try Samples.event(author: Samples.author(1), kind: .contacts),
        ]
        try log.append(events)
        #expect(try log.query(Filter()).count == 3)
    }

    @Test func theWinnerOfTheSameBatchIsKnown() throws {
        let events = try (0..<50).map { number in
            try Samples.event(createdAt: Int64(number * 37 % 50), kind: .meshStatus, tags: [["d", "x"], ["p", "y"]])
        }
        try log.append(events)
        #expect(try log.query(Filter()) == [try #require(events.max { $0.createdAt < $1.createdAt }).id])
        #expect(try log.read { try $0.checkIndexes() } == nil)
    }

    @Test func aDuplicateIsTakenDownButNotServedAgain() throws {
        let event = try Samples.event()
        let batch = try log.beginBatch()
        #expect(try !batch.contains(event.id))
        #expect(try batch.append(Samples.draft(event), time: 1).outcome == .served)
        #expect(try batch.contains(event.id))
        #expect(try batch.append(Samples.draft(event), time: 1).outcome == .duplicate)
        try batch.commit()
        let next = try log.beginBatch()
        #expect(try next.contains(event.id))
        #expect(try next.append(Samples.draft(event), time: 1).outcome == .duplicate)
        try next.commit()
        #expect(try log.query(Filter()) == [event.id])
        #expect(try log.read { try $0.positions(of: event.id) } == [0, 1, 2])
        #expect(try log.read { try $0.checkIndexes() } == nil)
    }

    @Test func idsThatShareTheirFirstBytesAreToldApart() throws {
        let id = { (last: UInt8) -> EventID in
            ([UInt8](repeating: 1, count: 31) + [last]).withUnsafeBytes { Bytes32($0) }
        }
        try log.append([try Samples.event(id: id(1)), try Samples.event(id: id(2))])
        try log.read { reader throws in
            #expect(try reader.positions(of: id(1)) == [0])
            #expect(try reader.positions(of: id(2)) == [1])
            #expect(try reader.positions(of: id(3)) == [])
            #expect(try !reader.isServed(id(3)))
        }
        let batch = try log.beginBatch()
        #expect(try !batch.contains(id(3)))
        #expect(
            try batch.append(Samples.draft(try Samples.event(id: id(3))), time: Samples.time + 10).outcome == .served)
    }

    @Test func anEventWithManyEqualTagsIsIndexedOnce() throws {
        let tags = Array(repeating: ["p", "x"] as [Text], count: 50) + [["p", "y"], ["long", "z"], ["e"]]
        try log.append([try Samples.event(tags: tags)])
        #expect(try log.storage().tables.first { $0.name == "tag" }?.items == 2)
        #expect(try log.read { try $0.checkIndexes() } == nil)
    }
}
