import Nostr
import Testing

@testable import Reducers

@Suite struct DiscoveryTests {
    private let reporter = SHA256.hash([1])
    private let start: Int64 = 1_780_500_000
    private var context = Context(relay: .zero, rules: .v1, policy: Policy(), policySeq: 1)
    private var discovery = Discovery()

    private mutating func report(_ model: String?, at second: Int64, by key: PublicKey? = nil) throws -> UnsignedEvent?
    {
        let json = model.map { #"{"token":"t","hosted_models":["\#($0)"]}"# } ?? "{}"
        let projection = try Projection(report: Array(json.utf8), policy: context.policy)
        return try discovery.take(
            ReportMemo.Result(projection, dialect: context.policy.dialect), by: key ?? reporter, at: position(second),
            context: context)
    }

    private func position(_ second: Int64) -> Position {
        Position(seq: 7, time: (start + second) * Position.microsecondsPerSecond)
    }

    @Test mutating func everyNoteOfAReporterIsNewerThanTheOneBefore() throws {
        var last: Int64 = 0
        // Forty in one second, a tick, an empty one, and then slowly.
        for number in 0..<40 {
            let note = try #require(try report("m\(number)", at: 0))
            #expect(note.createdAt > last)
            last = note.createdAt
        }
        let note = discovery.empty(reporter, at: position(0), context: context)
        let emptied = try #require(note)
        #expect(emptied.createdAt == last + 1)
        last = emptied.createdAt
        for second: Int64 in [1, 30, 39, 40, 41, 42, 100] {
            let note = try #require(try report("n\(second)", at: second))
            #expect(note.createdAt > last && note.createdAt >= start + second)
            last = note.createdAt
        }
    }

    @Test mutating func aReportThatChangesNothingIsSignedAgainOnceAPeriod() throws {
        _ = try #require(try report("m", at: 0))
        // It lasts for 120 s and has to be good for another 60: a period is what is between.
        for second: Int64 in [0, 15, 59] { #expect(try report("m", at: second) == nil) }
        let renewed = try #require(try report("m", at: 60))
        #expect(renewed.createdAt == start + 60)
        #expect(renewed.tags.contains(["expiration", Text(String(start + 180))]))
    }

    @Test mutating func aNoteMadeLateInAPeriodIsNotRenewedAtOnce() throws {
        _ = try #require(try report("m", at: 50))
        for second: Int64 in [59, 60, 79] { #expect(try report("m", at: second) == nil) }
        #expect(try report("m", at: 80) != nil)
    }

    @Test func whenNotesAreRenewedFollowsFromTheLatestReportsAlone() throws {
        // Two that began differently, one because what came first was erased, make the same notes soon.
        for (first, second) in [(0, 29), (3, 40), (10, 59), (31, 59)] as [(Int64, Int64)] {
            var one = DiscoveryTests()
            var other = DiscoveryTests()
            _ = try one.report("m", at: first)
            var late: [Int64] = []
            for time in stride(from: first + 7, to: 400, by: 7) {
                let made = try one.report("m", at: time)?.createdAt
                let again = time >= second ? try other.report("m", at: time)?.createdAt : nil
                if made != again { late.append(time) }
            }
            #expect(late.allSatisfy { $0 < 180 }, "\(first) and \(second) differ at \(late)")
        }
    }

    @Test mutating func silenceIsMeasuredFromTheLastReportNotFromTheLastNote() throws {
        _ = try report("m", at: 0)
        _ = try report("m", at: 50)
        #expect(discovery.nextStaleness(policy: context.policy) == position(110).time)
        #expect(discovery.emptyStale(at: position(109), context: context) == [])
        #expect(!discovery.hasStaleNote(at: position(109).time, policy: context.policy))
        #expect(discovery.hasStaleNote(at: position(110).time, policy: context.policy))
        #expect(discovery.emptyStale(at: position(110), context: context).count == 1)
        #expect(discovery.nextStaleness(policy: context.policy) == nil, "an empty note cannot go stale")
    }

    @Test mutating func anEmptyNoteIsKeptUntilItExpires() throws {
        _ = try #require(try report(nil, at: 0))
        #expect(try report(nil, at: 15) == nil)
        discovery.forget(before: start + 16)
        #expect(try report(nil, at: 30) == nil, "a node that serves nothing gets no note for each report")
        discovery.forget(before: start + 119)
        #expect(discovery[reporter] != nil)
        discovery.forget(before: start + 120)
        #expect(discovery[reporter] == nil)
        #expect(try #require(try report(nil, at: 120)).createdAt == start + 120)
    }

    @Test mutating func aReporterThatRunsAheadOfTheClockIsNotForgottenBeforeItsNotes() throws {
        // One change a tenth of a second: created_at runs ahead.
        for number in 0..<500 { _ = try report("m\(number)", at: 0) }
        let note = discovery.empty(reporter, at: position(0), context: context)
        let emptied = try #require(note)
        discovery.forget(before: start + 130)
        #expect(try #require(try report("m", at: 130)).createdAt > emptied.createdAt)
    }

    @Test mutating func whatIsEmptyIsNotEmptiedAgain() throws {
        _ = try report("m", at: 0)
        #expect(discovery.empty(reporter, at: position(1), context: context) != nil)
        #expect(discovery.empty(reporter, at: position(2), context: context) == nil)
        #expect(discovery.empty(SHA256.hash([2]), at: position(2), context: context) == nil, "it never reported")
    }

    @Test mutating func notesGoOutUnderTheirReporter() throws {
        context.policy.dialect = .buzz
        let note = try #require(try report("m", at: 0))
        #expect(note.kind == .meshStatus && note.pubkey == context.relay)
        #expect(
            note.tags == [
                ["-"], ["d", Text("buzz-relay-mesh:\(reporter.hex)")], ["k", "buzz-mesh-status"],
                ["expiration", Text(String(start + 120))],
            ])
    }

    @Test mutating func staleNotesAreEmptiedInTheOrderOfTheirKeys() throws {
        let keys = (0..<50).map { SHA256.hash([$0]) }
        for key in keys { _ = try report("m", at: 0, by: key) }
        let names = discovery.emptyStale(at: position(60), context: context).map { $0.tags[1][1] }
        #expect(names == keys.sorted().map { Text("sprout-relay-mesh:\($0.hex)") })
    }

    @Test mutating func aNoteIsExactlyAsLargeAsItMayBe() throws {
        context.policy.maximumProjectionBytes = 1_024
        context.policy.maximumStringBytes = 2_048
        let empty = try #require(try report(String(repeating: "m", count: 100), at: 0)).content.utf8.count - 200
        // The model's name is there twice.
        let fits = (1_024 - empty) / 2
        let largest = try #require(try report(String(repeating: "m", count: fits), at: 1)).content.utf8.count
        #expect(1_023...1_024 ~= largest)
        #expect(throws: Refusal.reportLimit("makes a note of more than 1024 bytes")) {
            try report(String(repeating: "m", count: fits + 1), at: 2)
        }
    }
}
