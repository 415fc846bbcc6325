import Nostr
import Reducers
import Testing

@testable import Replay

@Suite struct PairsCommandTests {
    private let alice = Story.key("alice").publicKey
    private let bob = Story.key("bob").publicKey
    private let carol = Story.key("carol").publicKey

    @Test func everyAttemptIsALine() throws {
        let story = try Story.day()
        let run = Tool.run("pairs", "--data", story.directory)
        #expect(run.status == 0)
        #expect(
            run.lines == [
                "     29  2026-01-02T03:04:05.690Z  granted  \(alice.shortNpub) → \(bob.shortNpub)  "
                    + "requester listening, rung (1 session); target listening, rung (1 session)",
                "     36  2026-01-02T03:04:05.694Z  granted  \(alice.shortNpub) → \(carol.shortNpub)  "
                    + "requester listening, not rung; target not listening, not rung",
                "     46  2026-01-02T03:04:29.696Z  refused  \(alice.shortNpub) → \(bob.shortNpub)  "
                    + "restricted: target is not a relay member",
                "     48  2026-01-02T03:04:29.697Z  refused  \(alice.shortNpub) → \(alice.shortNpub)  "
                    + "invalid: cannot mesh-connect to self",
                "     50  2026-01-02T03:04:29.698Z  refused  \(alice.shortNpub) → \(carol.shortNpub)  "
                    + "invalid: created_at of the mesh connect request is not within 120 s of the relay's clock",
            ])
    }

    @Test func jsonSaysForBothEndsWhetherTheyListenedAndWereRung() throws {
        let story = try Story.day()
        let attempts = try Tool.run("pairs", "--data", story.directory, "--json").objects()
        let first = try #require(attempts.first)
        #expect(first["attempt_id"]?.stringValue == "a1")
        #expect(first["requester"]?["key"]?.stringValue == Text(alice.hex))
        #expect(first["requester"]?["written"]?.arrayValue?.compactMap(\.unsignedInteger) == [22])
        #expect(first["target"]?["call"]?.unsignedInteger == 32)
        #expect(first["target"]?["rung"]?.boolValue == true)
        #expect(attempts[1]["target"]?["listening"]?.boolValue == false)
        #expect(attempts[1]["message"]?.stringValue == "info: target is not listening")
        // A refusal did not look who was listening, so nothing is claimed.
        #expect(attempts[2]["code"]?.stringValue == "target_not_member")
        #expect(attempts[2]["target"]?["listening"] == nil)
    }

    @Test func keyLeavesWhatAKeyAskedForAndWasAskedFor() throws {
        let story = try Story.day()
        func positions(_ key: PublicKey) throws -> [UInt64?] {
            try Tool.run("pairs", "--data", story.directory, "--json", "--key", key.npub).objects().map {
                $0["position"]?.unsignedInteger
            }
        }
        #expect(try positions(bob) == [29, 46])
        #expect(try positions(carol) == [36, 50])
        #expect(try positions(alice).count == 5)
    }

    @Test func sinceAndUntilIncludeTheirOwnMoment() throws {
        let story = try Story.day()
        func count(_ arguments: String...) -> Int {
            Tool.run(["pairs", "--data", story.directory] + arguments).lines.count
        }
        #expect(count("--since", "2026-01-02T03:04:05.694Z") == 4)
        #expect(count("--since", "2026-01-02T03:04:05.695Z") == 3)
        #expect(count("--until", "2026-01-02T03:04:05.694Z") == 2)
        #expect(count("--until", "2026-01-02T03:04:05.693Z") == 1)
        #expect(count("--since", "2026-01-02T03:04:06Z", "--until", "2026-01-02T03:04:29.696Z") == 1)
        #expect(count("--since", "2030-01-01") == 0)
    }

    @Test func aRingThatEndsAfterUntilStillBelongsToItsAttempt() throws {
        let story = try Story.day()
        let attempts = try Tool.run(
            "pairs", "--data", story.directory, "--json", "--until", "2026-01-02T03:04:05.690Z"
        ).objects()
        #expect(attempts.count == 1)
        #expect(attempts[0]["target"]?["rung"]?.boolValue == true)
    }

    @Test func dropsAndSeveralSessionsAreCounted() throws {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        let alice = try story.connect("alice", listening: true)
        let bob = try story.connect("bob", listening: true)
        let second = try story.connect("bob", listening: true)
        let granted = try story.append(.event(story.request(from: "alice", to: "bob"), session: alice))
        let (first, other) = (granted.events[0].seq, granted.events[1].seq)
        // Each event loop of the relay writes its own record.
        try story.append(.delivered(Delivery(output: other, written: [bob], dropped: [])))
        try story.append(.delivered(Delivery(output: other, written: [], dropped: [second])))
        try story.append(.delivered(Delivery(output: first, written: [], dropped: [alice])))
        #expect(
            Tool.run("pairs", "--data", story.directory).lines.first?.hasSuffix(
                "requester listening, dropped for 1 session; target listening, rung (1 session, dropped for 1)") == true
        )
    }

    @Test func interleavedAttemptsKeepTheirOrderAndTheirRings() throws {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        let alice = try story.connect("alice", listening: true)
        let bob = try story.connect("bob", listening: true)
        var calls: [(requester: UInt64, target: UInt64)] = []
        for number in 0..<15 {
            let step = try story.append(
                .event(story.request(from: "alice", to: "bob", attempt: "a\(number)"), session: alice))
            calls.append((step.events[0].seq, step.events[1].seq))
        }
        for call in calls.reversed() {
            try story.append(.delivered(Delivery(output: call.target, written: [bob], dropped: [])))
        }
        story.clock += 300_000_000
        try story.append(.delivered(Delivery(output: calls[3].requester, written: [alice], dropped: [])))
        let attempts = try Tool.run("pairs", "--data", story.directory, "--json").objects()
        #expect(attempts.compactMap { $0["attempt_id"]?.stringValue?.string } == (0..<15).map { "a\($0)" })
        #expect(attempts.allSatisfy { $0["target"]?["rung"]?.boolValue == true })
        // A record five minutes later is not of a ring: the call expired long before.
        #expect(attempts.allSatisfy { $0["requester"]?["rung"]?.boolValue == false })
    }
}
