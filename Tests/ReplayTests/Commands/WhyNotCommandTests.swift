import Nostr
import Reducers
import Testing

@testable import Replay

@Suite struct WhyNotCommandTests {
    private let alice = Story.key("alice").publicKey
    private let bob = Story.key("bob").publicKey

    private func whyNot(_ story: Story, _ arguments: String...) throws -> JSONValue {
        try #require(
            Tool.run(["why-not", "--data", story.directory, "--json", alice.npub, bob.npub] + arguments).objects().first
        )
    }

    private func advice(_ object: JSONValue) -> String { object["advice"]?.stringValue?.string ?? "" }

    private func pair(listening: Bool = true) throws -> (Story, UInt64, UInt64) {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        let alice = try story.connect("alice", listening: listening)
        let bob = try story.connect("bob", listening: listening)
        return (story, alice, bob)
    }

    @Test func aCallThatWouldHaveRungSaysSo() throws {
        let (story, _, bob) = try pair()
        try story.append(.event(story.report(from: "bob", model: "llama"), session: bob))
        let answer = try whyNot(story)
        #expect(answer["outcome"]?.stringValue == "granted")
        #expect(answer["would_ring"]?.boolValue == true)
        #expect(answer["checks"]?.arrayValue?.count == 11)
        #expect(answer["target_end"]?["note"]?.stringValue == "fresh")
        #expect(advice(answer).contains("nothing stood in the way"))
        #expect(advice(answer).contains("sprout-mesh-status"))
    }

    @Test func whatDiscoveryDoesNotOfferIsNotAskedFor() throws {
        let (story, _, _) = try pair()
        #expect(advice(try whyNot(story)).contains("discovery did not offer the target"))
    }

    @Test func aRequesterThatWasNotConnectedHasToConnectFirst() throws {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        try story.connect("bob", listening: true)
        let answer = try whyNot(story)
        #expect(answer["connects_first"]?.boolValue == true)
        #expect(answer["would_ring"]?.boolValue == false)
        #expect(advice(answer).hasPrefix("the requester was not connected: it has to connect"))
    }

    @Test func aStrangerCouldNotEvenConnect() throws {
        let story = try Story()
        try story.begin(members: ["bob"])
        let answer = try whyNot(story)
        #expect(answer["door"]?.stringValue == "restricted: not a relay member")
        #expect(advice(answer).contains("it is no member and never was in this log"))
        try story.append(.operatorCommand(.membership(.add(alice, .member))))
        let removal = try story.append(.operatorCommand(.membership(.remove(alice))))
        #expect(advice(try whyNot(story)).contains("it was removed by entry \(removal.position.seq + 2)"))
    }

    @Test func aTargetThatDoesNotListenIsNamed() throws {
        let (story, _, bob) = try pair()
        try story.append(.closed(session: bob, reason: "no pong"))
        let answer = try whyNot(story)
        #expect(answer["outcome"]?.stringValue == "granted")
        #expect(answer["would_ring"]?.boolValue == false)
        #expect(advice(answer).contains("no pong"))
    }

    @Test func theAnswerIsThatOfItsMoment() throws {
        let (story, _, bob) = try pair()
        let before = try story.append(.event(story.report(from: "bob", model: "llama"), session: bob)).position.seq
        try story.append(.operatorCommand(.membership(.remove(self.bob))))
        #expect(try whyNot(story, "--at", "\(before)")["outcome"]?.stringValue == "granted")
        let after = try whyNot(story)
        #expect(after["code"]?.stringValue == "target_not_member")
        #expect(after["checks"]?.arrayValue?.last?["ended"]?["how"]?.stringValue == "removed")
    }

    @Test func bothDirectionsAreTwoAnswers() throws {
        let (story, alice, _) = try pair()
        try story.append(.listening(session: alice, keys: []))
        let answers = try Tool.run(
            "why-not", "--data", story.directory, "--json", "--both", self.alice.npub, bob.npub
        ).objects()
        #expect(answers.map { $0["requester"]?.stringValue } == [Text(self.alice.hex), Text(bob.hex)])
        #expect(answers.map { $0["would_ring"]?.boolValue } == [false, false])
        #expect(advice(answers[0]).contains("the requester had no live subscription"))
        #expect(advice(answers[1]).contains("the target had no live subscription"))
    }

    @Test func whatWasReallyAskedNearbyIsNamed() throws {
        let (story, session, _) = try pair()
        let asked = try story.append(.event(story.request(from: "alice", to: "bob"), session: session)).position.seq
        story.clock += 5_000_000
        try story.append(.tick)
        #expect(try whyNot(story)["asked_before"]?.unsignedInteger == asked)
        #expect(try whyNot(story, "--at", "\(asked - 1)")["asked_after"]?.unsignedInteger == asked)
        #expect(
            Tool.run("why-not", "--data", story.directory, alice.npub, bob.npub).output.contains(
                "5.0 s before: \(alice.shortNpub) asked, granted (granted), entry \(asked)"))
    }

    @Test func oneselfIsRefusedAsTheRulesDo() throws {
        let (story, _, _) = try pair()
        let run = Tool.run("why-not", "--data", story.directory, "--json", alice.npub, alice.npub)
        #expect(try run.objects().first?["code"]?.stringValue == "request_to_self")
    }

    @Test func wrongUsageAndEmptyLogsAreRefused() throws {
        let story = try Story()
        #expect(Tool.run("why-not", "--data", story.directory, alice.npub, bob.npub).status == 1)
        #expect(Tool.run("why-not", "--data", story.directory, alice.npub).status == 64)
        #expect(Tool.run("why-not", "--data", story.directory, alice.npub, "x").status == 64)
    }
}
