import Log
import Nostr
import Reducers
import Testing

@testable import Replay

@Suite struct WhyCommandTests {
    private let alice = Story.key("alice").publicKey
    private let bob = Story.key("bob").publicKey
    private let owner = Story.key("owner").publicKey

    private func why(_ story: Story, _ event: String) throws -> JSONValue {
        try #require(Tool.run("why", "--data", story.directory, "--json", event).objects().first)
    }

    private func checks(_ explanation: JSONValue) -> [String] {
        (explanation["checks"]?.arrayValue ?? []).map {
            "\($0["passed"]?.boolValue == true ? "✓" : "✗") \($0["name"]?.stringValue?.string ?? "")"
        }
    }

    @Test func aGrantShowsEveryCheckAndWhatRang() throws {
        let story = try Story.day()
        let explanation = try why(story, "29")
        #expect(
            checks(explanation) == [
                "✓ session authenticated", "✓ author is an authenticated key", "✓ requester within its rate",
                "✓ created_at is fresh", "✓ not decided before", "✓ content is well-formed", "✓ names a target",
                "✓ target is not the requester", "✓ requester is a direct member", "✓ target is a direct member",
                "✓ target within its rate",
            ])
        #expect(explanation["agrees"]?.boolValue == true)
        #expect(explanation["recorded"]?["outcome"]?.stringValue == "granted")
        #expect(
            explanation["followed"]?.arrayValue?.map { $0["recipient"]?.stringValue } == [
                Text(alice.hex), Text(bob.hex),
            ])
        #expect(
            explanation["followed"]?.arrayValue?.map { $0["written"]?.arrayValue?.first?.unsignedInteger } == [22, 24])
        #expect(explanation["requester_end"]?["listening_since"]?.unsignedInteger == 23)
        #expect(explanation["target_end"]?["listening_sessions"]?.arrayValue?.compactMap(\.unsignedInteger) == [24])
        let output = Tool.run("why", "--data", story.directory, "29").output
        #expect(output.contains("listening since entry 23, for 0.0 s (session 22)"))
        #expect(output.contains("entry 32: 24622 call-me-now"))
        #expect(output.contains("rung (1 session), 0.0 s later (entry 34)"))
    }

    @Test func theFactOfAMemberIsTheEntryThatAddedItAndWhoAsked() throws {
        let story = try Story.day()
        let explanation = try why(story, "29")
        let member = explanation["checks"]?.arrayValue?.first { $0["name"]?.stringValue == "target is a direct member" }
        #expect(member?["basis"]?["position"]?.unsignedInteger == 14)
        #expect(member?["basis"]?["author"]?.stringValue == "operator")
        #expect(
            Tool.run("why", "--data", story.directory, "29").output.contains(
                "from entry 14, 2026-01-02T03:04:05.682Z, by the operator: \(bob.shortNpub) became member"))
    }

    @Test func aRefusalSaysWhoRemovedTheTargetAndWhen() throws {
        let story = try Story.day()
        let explanation = try why(story, "46")
        let failed = try #require(explanation["checks"]?.arrayValue?.last)
        #expect(failed["passed"]?.boolValue == false)
        #expect(failed["ended"]?["how"]?.stringValue == "removed")
        #expect(failed["ended"]?["by"]?.stringValue == Text(owner.hex))
        #expect(failed["ended"]?["position"]?.unsignedInteger == 42)
        let output = Tool.run("why", "--data", story.directory, "46").output
        #expect(output.contains("was removed 12 s before, entry 42, 2026-01-02T03:04:17.695Z, by \(owner.shortNpub)"))
        #expect(output.contains("what would have to be different\n  the target has to be a direct member"))
    }

    @Test func aTargetThatNeverBelongedIsSaidSo() throws {
        let story = try Story.day()
        let carol = try story.connect("carol")
        let step = try story.append(.event(story.request(from: "carol", to: "stranger"), session: carol))
        #expect(
            Tool.run("why", "--data", story.directory, "\(step.position.seq)").output.contains(
                "was never there before in this log"))
    }

    @Test func aTargetThatDidNotListenIsToldApartFromOneThatWasRefused() throws {
        let story = try Story.day()
        let output = Tool.run("why", "--data", story.directory, "36").output
        #expect(output.contains("granted: info: target is not listening"))
        #expect(output.contains("no record that any session got it"))
        #expect(output.contains("what to do\n  the target had no live subscription to call-me-nows"))
    }

    @Test func aClockThatIsOffIsNamedWithItsDistance() throws {
        let story = try Story.day()
        #expect(try why(story, "50")["advice"]?.stringValue?.string.contains("600 s behind the relay's clock") == true)
    }

    @Test(arguments: ["29", "30", "31", "32"])
    func anyEntryOfTheStepLeadsToTheRequest(_ position: String) throws {
        #expect(try why(try Story.day(), position)["position"]?.unsignedInteger == 29)
    }

    @Test func anEventIsFoundByItsIdByItsBeginningAndByItsOutputs() throws {
        let story = try Story.day()
        let entries = try Tool.run("log", "--data", story.directory, "--json").objects()
        let request = try #require(entries[29]["event"]?.stringValue).string
        let call = try #require(entries[31]["event"]?.stringValue).string
        for name in [request, String(request.prefix(8)), request.uppercased(), call, String(call.prefix(12))] {
            #expect(try why(story, name)["position"]?.unsignedInteger == 29)
        }
        #expect(try why(story, request)["event"]?.stringValue == Text(request))
    }

    @Test func anEventThatCameAgainIsExplainedOnceAndItsRepeatsAreNamed() throws {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        let alice = try story.connect("alice")
        let request = story.request(from: "alice", to: "bob")
        let first = try story.append(.event(request, session: alice))
        let again = try story.append(.event(request, session: alice))
        let explanation = try why(story, request.id.hex)
        #expect(explanation["position"]?.unsignedInteger == first.position.seq)
        #expect(explanation["repeats"]?.arrayValue?.compactMap(\.unsignedInteger) == [again.position.seq])
        #expect(try why(story, "\(again.position.seq)")["recorded"]?["code"]?.stringValue == "request_replayed")
    }

    @Test func aSessionThatEndedIsExplainedByItsEnd() throws {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        let alice = try story.connect("alice")
        let bob = try story.connect("bob")
        try story.append(.closed(session: alice, reason: "slow reader"))
        let late = try story.append(.event(story.request(from: "alice", to: "bob"), session: alice))
        try story.append(.operatorCommand(.membership(.remove(Story.key("bob").publicKey))))
        let removed = try story.append(.event(story.request(from: "bob", to: "alice"), session: bob))
        #expect(
            Tool.run("why", "--data", story.directory, "\(late.position.seq)").output.contains(
                "was closed 0.0 s before"))
        #expect(Tool.run("why", "--data", story.directory, "\(late.position.seq)").output.contains("slow reader"))
        #expect(
            Tool.run("why", "--data", story.directory, "\(removed.position.seq)").output.contains(
                "was removed 0.0 s before"))
        let carol = try story.connect("alice")
        try story.append(.restart)
        let after = try story.append(.event(story.request(from: "alice", to: "bob"), session: carol))
        #expect(
            Tool.run("why", "--data", story.directory, "\(after.position.seq)").output.contains(
                "ended with a restart of the relay"))
    }

    @Test func commandsAndOtherEventsAreExplainedToo() throws {
        let story = try Story.day()
        let command = try why(story, "40")
        #expect(command["recorded"]?["outcome"]?.stringValue == "applied")
        #expect(
            command["followed"]?.arrayValue?.map { $0["type"]?.stringValue } == [
                "effect", "signed", "signed", "signed",
            ])
        let refused = try why(story, "54")
        #expect(refused["recorded"]?["code"]?.stringValue == "add_needs_admin")
        #expect(refused["advice"]?.stringValue == "the author has to be the owner or an admin")
        let note = try why(story, "52")
        #expect(note["recomputed"]?["outcome"]?.stringValue == "accepted")
        let relayOnly = try why(story, "53")
        #expect(relayOnly["recomputed"]?["code"]?.stringValue == "relay_only_kind")
        let byOperator = try why(story, "7")
        #expect(byOperator["recorded"]?["outcome"]?.stringValue == "applied")
        let session = try why(story, "22")
        #expect(session["recorded"]?["outcome"] == nil)
    }

    @Test func noCheckIsPrintedTwiceInARow() throws {
        let story = try Story.day()
        for position in ["29", "40", "46", "54", "56"] {
            let lines = checks(try why(story, position))
            let facts = try why(story, position)["checks"]?.arrayValue?.map { $0["fact"]?.stringValue } ?? []
            let pairs = Array(zip(lines, facts))
            #expect(zip(pairs, pairs.dropFirst()).allSatisfy { $0.0 != $1.0 || $0.1 != $1.1 })
        }
    }

    @Test func aRefusalThatNoCheckRecordedStillShowsWhatFailed() throws {
        let story = try Story.day()
        let session = try story.connect("owner")
        let step = try story.append(.event(story.sign("owner", kind: .removeMember), session: session))
        let explanation = try why(story, "\(step.position.seq)")
        #expect(checks(explanation).last?.hasPrefix("✗") == true)
        #expect(
            explanation["checks"]?.arrayValue?.last?["fact"]?.stringValue
                == "invalid: malformed membership command (missing p tag)")
    }

    @Test func aForgedDecisionIsShownBesideTheRecomputedOne() throws {
        let story = try Story()
        try story.begin(members: ["alice"])
        let alice = try story.connect("alice")
        story.forge = { drafts, _ in
            let text = String(decoding: drafts[1].payload, as: UTF8.self)
            drafts[1].payload = Array(
                text.replacing("\"refused\"", with: "\"granted\"").replacing(
                    "\"target_not_member\"", with: "\"granted\""
                ).utf8)
        }
        let step = try story.append(.event(story.request(from: "alice", to: "bob"), session: alice))
        let explanation = try why(story, "\(step.position.seq)")
        #expect(explanation["agrees"]?.boolValue == false)
        #expect(
            explanation["differences"]?.arrayValue?.compactMap { $0.stringValue?.string } == [
                "outcome: recorded granted, recomputed refused", "code: recorded granted, recomputed target_not_member",
            ])
        #expect(Tool.run("why", "--data", story.directory, "\(step.position.seq)").output.contains("IT DIFFERS"))
    }

    @Test func otherRulesGiveAThirdVerdictThatMayDifferAndSaysWhy() throws {
        let story = try Story.day()
        let today = try why(story, "50")
        #expect(today["by_other_rules"]?["outcome"]?.stringValue == "refused")
        #expect(today["by_other_rules"]?["differs"] == nil)
        let run = Tool.run("why", "--data", story.directory, "--json", "50", "--rules", "0")
        let other = try #require(run.objects().first)
        // Sprout did not look at a request's clock; that the log itself agrees with its day is another matter.
        #expect(other["agrees"]?.boolValue == true)
        #expect(other["by_other_rules"]?["rules"]?.unsignedInteger == 0)
        #expect(other["by_other_rules"]?["outcome"]?.stringValue == "granted")
        #expect(other["by_other_rules"]?["differs"]?.stringValue?.string.contains("created_at is fresh") == true)
        let text = Tool.run("why", "--data", story.directory, "50", "--rules", "0").output
        #expect(text.contains("by the rules asked for    granted"))
        #expect(text.contains("unlike the rules of that day: they have no check \"created_at is fresh\""))
        #expect(Tool.run("why", "--data", story.directory, "50", "--rules", "77").status == 64)
    }

    @Test func whatIsNotInTheLogIsSaidSo() throws {
        let story = try Story.day()
        for (event, message) in [
            ("0123456789abcdef", "no event 0123456789abcdef"), (String(repeating: "0", count: 64), "no event 000"),
            ("99999", "the log has no entry 99999"),
        ] {
            let run = Tool.run("why", "--data", story.directory, event)
            #expect(run.status == 1)
            #expect(run.output.isEmpty)
            #expect(run.complaint.contains(message), "\(run.complaint)")
        }
    }

    @Test func fullKeysReplaceTheShortOnesInFactsToo() throws {
        let story = try Story.day()
        let output = Tool.run("why", "--data", story.directory, "46", "--full-keys").output
        #expect(!output.contains(alice.shortNpub))
        #expect(!output.contains(bob.shortNpub))
        #expect(output.contains("\(bob.hex) is not a direct member"))
    }
}
