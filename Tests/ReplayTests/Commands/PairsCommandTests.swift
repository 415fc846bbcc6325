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

@Suite struct PairsGroupingTests {
    private let alice = Story.key("alice").publicKey
    private let bob = Story.key("bob").publicKey
    private let carol = Story.key("carol").publicKey

    private func pairs(_ story: Story, _ arguments: String...) throws -> [JSONValue] {
        try Tool.run(["pairs", "--data", story.directory, "--json"] + arguments).objects()
    }

    private func positions(_ objects: [JSONValue]) -> [UInt64] {
        objects.compactMap { $0["position"]?.unsignedInteger }
    }

    @Test func aPairIsTheSameInBothDirections() throws {
        let story = try Story.day()
        #expect(positions(try pairs(story, "--pair", alice.npub, bob.npub)) == [29, 46])
        #expect(positions(try pairs(story, "--pair", bob.npub, alice.npub)) == [29, 46])
        #expect(positions(try pairs(story, "--pair", bob.npub, carol.npub)) == [])
        #expect(Tool.run("pairs", "--data", story.directory, "--pair", alice.npub).status == 64)
    }

    @Test func outcomesAndCodesAreToldApart() throws {
        let story = try Story.day()
        #expect(positions(try pairs(story, "--outcome", "granted")) == [29, 36])
        #expect(positions(try pairs(story, "--outcome", "rung")) == [29])
        #expect(positions(try pairs(story, "--outcome", "silent")) == [36])
        #expect(positions(try pairs(story, "--outcome", "refused")) == [46, 48, 50])
        #expect(positions(try pairs(story, "--code", "request_to_self")) == [48])
        #expect(Tool.run("pairs", "--data", story.directory, "--outcome", "perhaps").status == 64)
    }

    @Test func theLatestOnesAreTheLatest() throws {
        let story = try Story.day()
        #expect(positions(try pairs(story, "--last", "2")) == [48, 50])
        #expect(positions(try pairs(story, "--last", "99")).count == 5)
        #expect(Tool.run("pairs", "--data", story.directory, "--last", "0").status == 64)
    }

    @Test func groupsCountGrantsRingsAndLatencies() throws {
        let story = try Story.day()
        let groups = try pairs(story, "--by", "pair")
        #expect(groups.count == 3)
        let first = try #require(groups.first { $0["target"]?.stringValue == Text(bob.hex) })
        #expect(first["attempts"]?.unsignedInteger == 2)
        #expect(first["granted"]?.unsignedInteger == 1)
        #expect(first["refused"]?.unsignedInteger == 1)
        #expect(first["rung"]?.unsignedInteger == 1)
        #expect(first["latency_max_us"]?.unsignedInteger == 2_000)
        #expect(first["last"]?.unsignedInteger == 46)
        #expect(groups.contains { $0["latency_p50_us"] == nil })
        let keys = try pairs(story, "--by", "key")
        #expect(keys.first?["key"]?.stringValue == Text(alice.hex))
        #expect(keys.first?["attempts"]?.unsignedInteger == 5)
    }

    @Test(arguments: [
        ("day", ["2026-01-02"]), ("hour", ["2026-01-02T03:00Z"]), ("outcome", ["refused", "rung", "silent"]),
        ("code", ["granted", "request_not_fresh", "request_to_self", "target_not_member"]),
    ])
    func otherGroupsHaveTheirNames(_ grouping: String, _ names: [String]) throws {
        let groups = try pairs(try Story.day(), "--by", grouping)
        #expect(groups.compactMap { $0["group"]?.stringValue?.string } == names)
    }

    @Test func theTableHasALineAGroup() throws {
        let story = try Story.day()
        let lines = Tool.run("pairs", "--data", story.directory, "--by", "day").lines
        try #require(lines.count == 2)
        #expect(lines[0].hasPrefix("group       attempts  granted     rung   p50 ms   p99 ms   max ms"))
        #expect(lines[1] == "2026-01-02         5   40.0 %   50.0 %    2.000    2.000    2.000")
    }

    @Test func quantilesAreCloseToTheTrueOnes() {
        var histogram = LatencyHistogram()
        for value in 1...10_000 { histogram.add(Int64(value)) }
        for hundredths in [1, 50, 90, 99, 100] {
            let exact = Int64(hundredths * 100)
            let found = histogram.percentile(hundredths) ?? 0
            #expect(found >= exact && found <= exact + exact / 8 + 1, "\(hundredths): \(found)")
        }
        #expect(LatencyHistogram().percentile(50) == nil)
    }
}
