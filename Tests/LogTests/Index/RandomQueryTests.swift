import Nostr
import Testing

@testable import Log

/// Random events and random filters against the plainest way to answer them.
struct RandomQueryTests {
    @Test(arguments: 0..<12 as Range<UInt64>)
    func queriesCountsAndListsGiveWhatAPlainSearchGives(_ seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        let log = try EventLog.make(directory.path)
        var generator = SeededGenerator(seed: seed)
        let world = World(seed: seed)
        // The first half knows no deletions.
        let drafts = try world.drafts(350, deletions: seed < 6 ? 0 : 40, &generator)
        for start in stride(from: 0, to: drafts.count, by: 90) {
            try log.append(Array(drafts[start..<min(start + 90, drafts.count)]))
        }
        let plain = try PlainSearch(log)
        let events = plain.events(now: -1)
        for _ in 0..<150 {
            let filters = (0..<Int.random(in: 1...3, using: &generator)).map { _ in world.filter(&generator, events) }
            let turn = [1, 2, 7, .max].randomElement(using: &generator) ?? 1
            let now = Int64.random(in: 0..<45, using: &generator)
            let expected = plain.answer(filters, maximumLimit: 50, now: now)
            #expect(try log.query(filters, maximumLimit: 50, turn: turn, now: now) == expected, "\(filters)")
            let all = events.filter { event in
                filters.contains { $0.matches(event) } && event.expiration.map { $0 > now } ?? true
            }
            #expect(try log.count(filters, turn: turn, now: now) == all.count, "\(filters)")
            let listed = try log.identities(filters, turn: turn, now: now)
            #expect(listed.map(\.id) == all.map(\.id))
            #expect(listed.map(\.createdAt) == all.map { UInt64($0.createdAt) })
        }
        for event in events { #expect(try log.read { try $0.servedEvent(event.id, now: -1) } == event) }
        try log.read { reader throws in #expect(try reader.checkIndexes() == nil) }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func theOrderInWhichThingsComeChangesNothing(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed + 100)
        let world = World(seed: seed)
        var drafts = try world.drafts(120, deletions: 40, &generator).filter { $0.event?.served == true }
        // An id stands for one event here, so that it does not matter which comes first.
        var seen: Set<EventID> = []
        drafts.removeAll { !seen.insert($0.event?.event.id ?? .zero).inserted }
        var answers: Set<[EventID]> = []
        for _ in 0..<4 {
            let directory = try TemporaryDirectory()
            let log = try EventLog.make(directory.path)
            for start in stride(from: 0, to: drafts.count, by: 50) {
                try log.append(Array(drafts[start..<min(start + 50, drafts.count)]))
            }
            answers.insert(try log.query([Filter()], now: -1))
            #expect(try log.read { try $0.checkIndexes() } == nil)
            drafts.shuffle(using: &generator)
        }
        #expect(answers.count == 1)
        #expect(answers.first?.isEmpty == false)
    }
}

extension EventLog {
    /// What an `EventCount` comes to, in small turns.
    func count(_ filters: [Filter], turn: Int = .max, now: Int64 = 0, maximum: Int = EventCount.maximum) throws -> Int {
        var count = EventCount(filters: filters, upTo: try read { $0.size }, maximum: maximum)
        var progress = ScanProgress.more
        while progress == .more { progress = try read { try count.resume($0, now: now, maximumKeys: turn) } }
        return count.count
    }

    /// What an `IdentityScan` lists, in small turns.
    func identities(_ filters: [Filter], turn: Int = .max, now: Int64 = 0) throws -> [EventIdentity] {
        var scan = IdentityScan(filters: filters, upTo: try read { $0.size })
        var progress = ScanProgress.more
        while progress == .more { progress = try read { try scan.resume($0, now: now, maximumKeys: turn) } }
        return scan.identities
    }
}
