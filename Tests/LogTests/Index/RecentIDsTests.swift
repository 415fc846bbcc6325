import Nostr
import Testing

@testable import Log

/// An id that a reader did not find is not looked for again, unless it came meanwhile.
@Suite struct RecentIDsTests {
    private let directory: TemporaryDirectory
    private let log: EventLog

    init() throws {
        directory = try TemporaryDirectory()
        log = try EventLog.make(directory.path)
    }

    private func event(_ number: Int) throws -> Event {
        try Samples.event(createdAt: 1_700_000_000 + Int64(number), content: Text("\(number)"))
    }

    private func version() throws -> LogVersion { try log.lookUp(.zero).version }

    /// Whether the writer says so, with what a reader found in that version and without.
    private func contains(_ event: Event, absentFrom version: LogVersion) throws -> Bool {
        let batch = try log.beginBatch()
        let known = try batch.contains(event.id, absentFrom: version)
        batch.abort()
        let other = try log.beginBatch()
        #expect(try other.contains(event.id) == known)
        other.abort()
        return known
    }

    @Test func whatCameSinceIsFound() throws {
        try log.append([event(0)])
        let before = try version()
        #expect(try !contains(event(1), absentFrom: before))
        try log.append([event(1)])
        try log.append([event(2)])
        #expect(try contains(event(1), absentFrom: before))
        #expect(try contains(event(2), absentFrom: before))
        #expect(try !contains(event(3), absentFrom: before))
    }

    @Test func whatCameInTheSameBatchIsFound() throws {
        try log.append([event(0)])
        let before = try version()
        let batch = try log.beginBatch()
        #expect(try !batch.contains(event(1).id, absentFrom: before))
        try batch.append(Samples.draft(event(1)), time: Samples.time)
        #expect(try batch.contains(event(1).id, absentFrom: before))
        #expect(try batch.append(Samples.draft(event(1)), time: Samples.time).outcome == .duplicate)
        try batch.commit()
    }

    @Test func aVersionFromBeforeTheLogWasOpenedIsNotTrusted() throws {
        let before = try version()
        try log.append([event(1)])
        let reopened = RecentIDs()
        #expect(try reopened.mayHave(event(1).id, since: before))
        var recent = RecentIDs()
        recent.begin(before.transaction + 2)
        #expect(try recent.mayHave(event(1).id, since: before), "it came with the transaction in between")
    }

    @Test func nothingIsMissedOverManyGenerations() {
        var recent = RecentIDs()
        var generator = SeededGenerator(seed: 5)
        var ids: [(id: EventID, transaction: UInt64)] = []
        for transaction in UInt64(10)..<400 {
            recent.begin(transaction)
            for _ in 0..<Int.random(in: 0...200, using: &generator) {
                ids.append((generator.bytes32(), transaction))
                recent.insert(ids[ids.count - 1].id)
            }
            for _ in 0..<50 {
                let version = LogVersion(transaction: UInt64.random(in: 5..<transaction, using: &generator))
                guard let (id, came) = ids.randomElement(using: &generator), came > version.transaction else {
                    continue
                }
                #expect(recent.mayHave(id, since: version))
            }
            let strange = generator.bytes32()
            #expect(!recent.mayHave(strange, since: LogVersion(transaction: transaction - 1)))
        }
        #expect(recent.mayHave(ids[0].id, since: LogVersion(transaction: 9)))
    }

    @Test func whatWasErasedIsNotThereAnyMore() throws {
        var draft = try Samples.draft(event(1))
        draft.flags = LeafFlags.erasable
        let before = try version()
        try log.append([draft])
        #expect(try contains(event(1), absentFrom: before))
        let batch = try log.beginBatch()
        try batch.erase([0])
        #expect(try !batch.contains(event(1).id, absentFrom: before))
        try batch.commit()
        #expect(try !contains(event(1), absentFrom: before))
    }
}
