import Log
import Nostr
import Reducers
import Testing

@testable import Replay

/// The last line of `why`, for each of the failures that people really have.
@Suite struct AdviceTests {
    private let story: Story
    private let alice: UInt64

    init() throws {
        story = try Story()
        try story.begin(members: ["alice", "bob"])
        alice = try story.connect("alice", listening: true)
    }

    private func lastLine(_ step: Step) -> String {
        let run = Tool.run("why", "--data", story.directory, "\(step.position.seq)")
        #expect(run.status == 0)
        return run.lines.last ?? ""
    }

    private func ask(_ target: String = "bob", skew: Int64 = 0) throws -> Step {
        try story.append(.event(story.request(from: "alice", to: target, skew: skew), session: alice))
    }

    /// Both call-me-nows written to these sessions.
    private func deliver(_ step: Step, _ sessions: UInt64...) throws {
        for (seq, session) in zip(step.events.map(\.seq), sessions) {
            try story.append(.delivered(Delivery(output: seq, written: [session], dropped: [])))
        }
    }

    @Test func aTargetThatNeverSubscribed() throws {
        let line = lastLine(try ask())
        #expect(line.contains("the target had no live subscription to call-me-nows"))
        #expect(line.contains("it never subscribed in this log, and discovery knows no note of it"))
        #expect(line.hasSuffix("start its mesh node again, then ask again"))
    }

    @Test func aTargetWhoseConnectionClosed() throws {
        let bob = try story.connect("bob", listening: true)
        story.clock += 3_000_000
        let closed = try story.append(.closed(session: bob, reason: "no pong"))
        story.clock += 12_000_000
        let line = lastLine(try ask())
        #expect(line.contains("its connection was closed 12 s before (entry \(closed.position.seq)): no pong"))
    }

    @Test func aTargetThatIsConnectedWithoutASubscription() throws {
        let bob = try story.connect("bob")
        #expect(lastLine(try ask()).contains("although it is connected (session \(bob))"))
    }

    @Test func aTargetThatGaveItsSubscriptionUp() throws {
        let bob = try story.connect("bob", listening: true)
        try story.append(.listening(session: bob, keys: []))
        story.clock += 30_000_000
        #expect(lastLine(try ask()).contains("gave its subscription up 30 s before"))
    }

    @Test func aTargetThatARestartCutOff() throws {
        try story.connect("bob", listening: true)
        try story.append(.restart)
        let session = try story.connect("alice", listening: true)
        let step = try story.append(.event(story.request(from: "alice", to: "bob"), session: session))
        #expect(lastLine(step).contains("the relay was restarted"))
    }

    @Test func aRequesterThatDidNotSubscribe() throws {
        try story.connect("bob", listening: true)
        let deaf = try story.connect("alice")
        try story.append(.closed(session: alice, reason: ""))
        let step = try story.append(.event(story.request(from: "alice", to: "bob"), session: deaf))
        #expect(lastLine(step).contains("the requester had no live subscription"))
    }

    @Test func aClockThatIsOff() throws {
        let line = lastLine(try ask(skew: 600))
        #expect(line.contains("600 s ahead of the relay's clock"))
        // It authenticated with a right clock: then the request is what is old.
        #expect(line.contains("the machine's clock was right when it connected (0 s off)"))
    }

    @Test func aClockThatWasOffFromTheBeginning() throws {
        let proof = story.sign("bob", kind: .clientAuthentication, skew: -600)
        let bob = try story.append(.authenticated(proof, session: nil)).position.seq
        let step = try story.append(.event(story.request(from: "bob", to: "alice", skew: -600), session: bob))
        #expect(
            lastLine(step)
                == "  set the requester's clock by NTP and ask again: it is 600 s behind the relay's clock, and at most "
                + "120 s either way are allowed")
    }

    @Test func aNoteThatWentStale() throws {
        let bob = try story.connect("bob", listening: true)
        try story.append(.event(story.report(from: "bob", model: "llama"), session: bob))
        story.clock += 90_000_000
        try story.append(.tick)
        let step = try ask()
        try deliver(step, alice, bob)
        let line = lastLine(step)
        #expect(line.contains("the target's mesh status is stale: its latest report came 90 s before"))
    }

    @Test func anAddressThatTheNoteDoesNotOffer() throws {
        let bob = try story.connect("bob", listening: true)
        try story.append(.event(story.report(from: "bob", model: "llama"), session: bob))
        let step = try ask()
        try deliver(step, alice, bob)
        #expect(
            lastLine(step).contains("the requester dialled an address that the target's mesh status does not offer"))
    }

    @Test func aTargetThatWasRemovedAMinuteAgo() throws {
        let owner = try story.connect("owner")
        let removal = try story.append(
            .event(story.command(.removeMember, by: "owner", on: "bob"), session: owner))
        story.clock += 60_000_000
        let line = lastLine(try ask())
        #expect(line.contains("was removed by entry \(removal.position.seq + 2), 60 s before: an admin adds it again"))
    }

    @Test func aTargetThatNeverBelonged() throws {
        let line = lastLine(try ask("stranger"))
        #expect(line.contains("the target has to be a direct member at that moment, and never was one in this log"))
    }

    @Test func aBannedTarget() throws {
        try story.append(.operatorCommand(.ban(Story.key("bob").publicKey, reason: "spam")))
        #expect(lastLine(try ask()).contains("an admin has to lift the ban on the target first"))
    }

    @Test func tooManyRequests() throws {
        try story.connect("bob", listening: true)
        story.clock += 1_000_000
        var last: Step?
        for number in 0...20 {
            story.clock -= 999
            last = try story.append(
                .event(story.request(from: "alice", to: "bob", attempt: "r\(number)"), session: alice))
        }
        let step = try #require(last)
        #expect(lastLine(step).contains("wait a second and ask again: the requester may ask 20 times in one"))
    }

    @Test func aKeyThatDidNotAuthenticate() throws {
        let bob = try story.connect("bob")
        let step = try story.append(.event(story.request(from: "alice", to: "bob"), session: bob))
        let line = lastLine(step)
        #expect(
            line.contains(
                "the request is signed by \(Story.key("alice").publicKey.shortNpub), but its connection authenticated as "
                    + Story.key("bob").publicKey.shortNpub))
    }

    @Test func aRequestThatWasSentTwice() throws {
        let request = story.request(from: "alice", to: "bob")
        let first = try story.append(.event(request, session: alice))
        story.clock += 5_000_000
        let again = try story.append(.event(request, session: alice))
        let line = lastLine(again)
        #expect(
            line.contains(
                "this very event was decided 5.0 s before already, in entry \(first.position.seq + 1) (granted)"))
    }

    @Test func aMalformedRequest() throws {
        let event = story.sign(
            "alice", kind: .meshConnectRequest, tags: [["p", Text(Story.key("bob").publicKey.hex)]],
            content: #"{"self_endpoint_addr":"x","attempt_id":"a"}"#)
        let line = lastLine(try story.append(.event(event, session: alice)))
        #expect(line.contains("the client has to be repaired or updated: missing peer_endpoint_addr"))
    }

    @Test func aClientOfTheOtherDialect() throws {
        let bob = try story.connect("bob", listening: true)
        let spoken = try story.append(
            .event(
                story.sign("bob", kind: Kind(30078), tags: [["d", "x"], ["k", "buzz-mesh-status"]]), session: bob))
        let step = try ask()
        try deliver(step, alice, bob)
        let line = lastLine(step)
        #expect(line.contains("make both clients speak one dialect: the relay speaks sprout"))
        #expect(line.contains("wrote buzz-mesh-status in entry \(spoken.position.seq)"))
    }

    @Test func bothWereRungAndAskedAgain() throws {
        let bob = try story.connect("bob", listening: true)
        let step = try ask()
        try deliver(step, alice, bob)
        story.clock += 7_000_000
        let next = try story.append(.event(story.request(from: "bob", to: "alice", attempt: "b"), session: bob))
        let line = lastLine(step)
        #expect(
            line.contains("the relay did its part, and yet they asked again 7.0 s later (entry \(next.position.seq))"))
        #expect(line.contains("sprout-iroh-call-me-now"))
    }

    @Test func aCallThatWasDropped() throws {
        let bob = try story.connect("bob", listening: true)
        let step = try ask()
        try story.append(.delivered(Delivery(output: step.events[0].seq, written: [alice], dropped: [])))
        try story.append(.delivered(Delivery(output: step.events[1].seq, written: [], dropped: [bob])))
        #expect(lastLine(step).contains("the target did not read what was sent to it"))
    }
}
