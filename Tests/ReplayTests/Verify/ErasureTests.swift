import Log
import Nostr
import Reducers
import Testing

@testable import Replay

/// What was erased leaves a gap that can be seen, and nothing else can hide in it.
@Suite struct ErasureTests {
    /// Half an hour in which bob reports every quarter of a minute and alice calls him now and then.
    static func halfAnHour() throws -> Story {
        let story = try Story()
        try story.begin(members: ["alice", "bob", "carol"])
        let alice = try story.connect("alice", listening: true)
        let bob = try story.connect("bob", listening: true)
        for round in 0..<120 {
            let model = round / 40 == 1 ? "qwen" : "llama"
            try story.append(.event(story.report(from: "bob", model: model), session: bob))
            if round % 10 == 3 {
                let request = story.request(from: "alice", to: "bob", attempt: "a\(round)")
                try story.append(.event(request, session: alice))
                // The same again is refused, because its id is remembered.
                try story.append(.event(request, session: alice))
            }
            if round % 7 == 0 { try story.append(.snapshotPoint) }
            story.clock += 15_000_000
        }
        return story
    }

    static func erase(_ story: Story, where isMeant: (Leaf, Event?) -> Bool) throws -> [UInt64] {
        var positions: [UInt64] = []
        try story.log.read { reader in
            try reader.forEachEntry(from: 0, to: reader.size, checkingCommitments: true) { entry in
                let event = try entry.documentBytes.map { try Event.parse($0, limits: .stored) }
                if entry.leaf.flags & LeafFlags.erasable != 0, isMeant(entry.leaf, event) {
                    positions.append(entry.leaf.seq)
                }
                return true
            }
        }
        try story.append(.erasure(Erasure(positions: positions, reason: "on request")))
        let batch = try story.log.beginBatch()
        try batch.erase(positions)
        try batch.thinSnapshots(keeping: 0)
        try batch.commit()
        return positions
    }

    @Test(arguments: [1, 2, 3, 5])
    func theRestVerifiesAndTheStateComesOutTheSame(part: UInt64) throws {
        let story = try Self.halfAnHour()
        let live = story.state
        let size = try story.log.read { $0.size }
        // Bob's data of the first third, half, …: reports, notes, and the calls in which he has a part.
        let erased = try Self.erase(story) { leaf, _ in leaf.seq < size / part * 1 && leaf.seq > 20 }
        let result = try Verifier(story.log).run()
        #expect(result.divergence == nil)
        #expect(result.erased == UInt64(erased.count) && erased.count > 20)
        #expect(result.entries == size + 1)
        let replayed = try story.log.read { try Replayer.state(of: $0, before: size, useSnapshots: false) }
        guard part > 1 else { return }
        // Half an hour later nothing of it is left in the state.
        #expect(replayed.encoded().elementsEqual(live.encoded()))
        #expect(replayed.signaling == live.signaling)
    }

    @Test func aRootThatWasPinnedMeanwhileIsKeptUntilTheNext() throws {
        let story = try Story()
        try story.begin(members: ["bob"])
        let bob = try story.connect("bob")
        try story.append(.event(story.report(from: "bob", model: "m"), session: bob))
        try story.append(.snapshotPoint)
        // Long after, entries still commit to the root of that mark.
        story.clock += 3_600_000_000
        let late = try story.append(.event(story.sign("bob", kind: .textNote, content: "x"), session: bob))
        _ = try Self.erase(story) { leaf, _ in leaf.seq < late.position.seq }
        #expect(try Verifier(story.log).run().divergence == nil)
        let live = story.state
        let size = try story.log.read { $0.size }
        let replayed = try story.log.read { try Replayer.state(of: $0, before: size, useSnapshots: false) }
        #expect(replayed.stateRoot == live.stateRoot)
    }

    @Test func itIsSaid() throws {
        let story = try Self.halfAnHour()
        let erased = try Self.erase(story) { leaf, event in event?.kind == .meshConnectRequest && leaf.seq < 100 }
        let run = Tool.run("verify", "--data", story.directory)
        #expect(run.status == 0)
        #expect(run.lines.first?.contains("\(erased.count) payloads were erased, their leaves are in the tree") == true)
        let object = try #require(Tool.run("verify", "--data", story.directory, "--json").objects().first)
        #expect(object["erased"]?.unsignedInteger == UInt64(erased.count))
        let log = Tool.run("log", "--data", story.directory)
        #expect(log.status == 0 && log.output.contains("the payload was erased"))
        #expect(log.output.contains("the payloads of \(erased.count) entries were erased (on request)"))
    }

    @Test func whatMayNotBeErasedIsMissed() throws {
        let story = try Self.halfAnHour()
        let batch = try story.log.beginBatch()
        #expect(throws: LogError.self) { try batch.erase([4]) }
    }

    /// A grant behind an erased request, forged by whoever holds the relay's machine.
    private func forgedGrant(after pause: Int64, to target: String) throws -> Divergence? {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        let alice = try story.connect("alice", listening: true)
        let first = try story.append(.event(story.request(from: "alice", to: "bob"), session: alice))
        story.clock += pause
        // Refused as a matter of rates, ids or notes it might be; here the relay grants what the rules refuse.
        let stranger = Story.key(target).publicKey
        story.forge = { drafts, step in
            let granted = String(decoding: drafts[1].payload, as: UTF8.self)
                .replacing(#""outcome":"refused""#, with: #""outcome":"granted""#)
            drafts[1].payload = Array(granted.utf8)
            let call = UnsignedEvent(
                pubkey: story.relay.publicKey, createdAt: step.position.seconds, kind: .callMeNow,
                tags: [["p", Text(stranger.hex)]], content: "{}"
            ).signed(by: story.relay)
            var forged = drafts[1]
            forged.type = .relayEvent
            forged.flags = LeafFlags.erasable
            forged.salt = Commitment.outputSalt(input: drafts[0].salt, index: 2)
            forged.payload = Array(#"{"cause":\#(step.position.seq),"event":"#.utf8) + call.raw + [UInt8(ascii: "}")]
            drafts.append(forged)
        }
        try story.append(.event(story.request(from: "alice", to: target, attempt: "a2"), session: alice))
        story.forge = nil
        let batch = try story.log.beginBatch()
        try batch.erase([first.position.seq])
        try batch.commit()
        return try Verifier(story.log).run(derived: false).divergence
    }

    @Test func nobodyIsPairedUnderTheCoverOfAnErasure() throws {
        let divergence = try #require(try forgedGrant(after: 1_000_000, to: "stranger"))
        #expect(divergence.aspect == .output)
        #expect(divergence.expected.contains("both ends pass the gate"))
    }

    @Test func longAfterAnErasureEverythingIsExactAgain() throws {
        let divergence = try #require(try forgedGrant(after: 600_000_000, to: "stranger"))
        #expect(divergence.aspect == .output)
    }

    @Test func anErasedRequestHidesNoGrant() throws {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        let alice = try story.connect("alice", listening: true)
        story.forge = { drafts, _ in
            let granted = String(decoding: drafts[1].payload, as: UTF8.self)
                .replacing(#""outcome":"refused""#, with: #""outcome":"granted""#)
            drafts[1].payload = Array(granted.utf8)
        }
        let step = try story.append(.event(story.request(from: "alice", to: "stranger"), session: alice))
        story.forge = nil
        let batch = try story.log.beginBatch()
        try batch.erase([step.position.seq])
        try batch.commit()
        let divergence = try #require(try Verifier(story.log).run(derived: false).divergence)
        #expect(divergence.position == step.position.seq + 1)
    }

    @Test func membershipCannotChangeUnderTheCoverOfAnErasure() throws {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        let alice = try story.connect("alice", listening: true)
        let first = try story.append(.event(story.request(from: "alice", to: "bob"), session: alice))
        story.forge = { drafts, step in
            let effect =
                #"{"cause":\#(step.position.seq),"add":"\#(Story.key("mallory").publicKey.hex)","role":"admin"}"#
            var forged = drafts[0]
            forged.type = .membershipEffect
            forged.flags = 0
            forged.event = nil
            forged.shape = PayloadShape()
            forged.payload = Array(effect.utf8)
            forged.salt = Commitment.outputSalt(input: drafts[0].salt, index: 1)
            drafts.append(forged)
        }
        try story.append(.event(story.sign("alice", kind: .textNote, content: "hello"), session: alice))
        story.forge = nil
        let batch = try story.log.beginBatch()
        try batch.erase([first.position.seq])
        try batch.commit()
        let divergence = try #require(try Verifier(story.log).run(derived: false).divergence)
        #expect(divergence.expected == "no change of the membership")
    }
}
