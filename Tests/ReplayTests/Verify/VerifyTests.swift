import Log
import Nostr
import Reducers
import Testing

@testable import Replay

@Suite struct VerifyTests {
    @Test func aLogAsTheRelayWroteItIsVerified() throws {
        let story = try Story.day()
        let result = try Verifier(story.log).run()
        let (size, root) = try story.log.read { ($0.size, $0.root) }
        #expect(result.divergence == nil)
        #expect(result.entries == size)
        #expect(result.root == root)
        #expect(result.relay == story.relay.publicKey)
        #expect((result.decisions, result.granted, result.applied) == (13, 2, 6))
        #expect((result.unchanged, result.refused) == (1, 4))
        #expect((result.clientEvents, result.relayEvents) == (13, 17))
        // Every client event, every proof of a session, every event of the relay, and both signatures of entry 0.
        #expect(result.signatures == 13 + 3 + 17 + 2)
    }

    @Test func successIsPrintedWithWhatWasChecked() throws {
        let story = try Story.day()
        let run = Tool.run("verify", "--data", story.directory)
        #expect(run.status == 0)
        #expect(run.output.hasPrefix("verified: 67 entries, every one of them what it has to be\n"))
        #expect(run.output.contains("35 signatures checked"))
        #expect(run.output.contains("13: 2 granted, 6 applied, 1 unchanged, 4 refused"))
        let object = try #require(Tool.run("verify", "--data", story.directory, "--json").objects().first)
        #expect(object["verified"]?.boolValue == true)
        #expect(object["root"]?.stringValue == Text(try story.log.read { $0.root }.hex))
    }

    @Test func aDivergenceIsNamedWithExitStatusOne() throws {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        let alice = try story.connect("alice")
        story.forge = { drafts, _ in drafts.removeLast() }
        let step = try story.append(.event(story.request(from: "alice", to: "bob"), session: alice))
        let missing = step.position.seq + 3
        let run = Tool.run("verify", "--data", story.directory)
        #expect(run.status == 1)
        #expect(run.lines.first == "DIVERGES at entry \(missing) (output)")
        #expect(run.output.contains("  expected  signed, 24622 call-me-now"))
        #expect(run.output.contains("  found     nothing: the log ends before it"))
        let object = try #require(Tool.run("verify", "--data", story.directory, "--json").objects().first)
        #expect(object["verified"]?.boolValue == false)
        #expect(object["position"]?.unsignedInteger == missing)
        #expect(object["aspect"]?.stringValue == "output")
    }

    @Test func whatOneCommitHoldsIsVerifiedWithItsIndexes() throws {
        let story = try Story()
        try story.begin()
        // Every list replaces the one before, within the same commit.
        try story.append((0..<20).map { .operatorCommand(.membership(.add(Story.key("\($0)").publicKey, .member))) })
        #expect(try Verifier(story.log).run().divergence == nil)
    }

    @Test func anEmptyLogIsNoLog() throws {
        let story = try Story()
        let divergence = try Verifier(story.log).run().divergence
        #expect(divergence?.aspect == .genesis)
    }

    @Test func manyChunksAreVerifiedInOrder() throws {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        let alice = try story.connect("alice")
        let bob = try story.connect("bob")
        for number in 0..<2600 {
            story.clock += 60_000
            try story.append(
                .event(
                    story.request(from: "alice", to: "bob", attempt: "a\(number)"),
                    session: number % 7 == 0 ? bob : alice))
        }
        let size = try story.log.read { $0.size }
        #expect(size > 2 * 4096)
        #expect(try Verifier(story.log).run(signatures: false).divergence == nil)
        story.forge = { drafts, _ in drafts[1].rules += 1 }
        try story.append(.event(story.request(from: "alice", to: "bob", attempt: "last"), session: alice))
        let result = try Verifier(story.log).run(signatures: false)
        #expect(result.divergence?.position == size + 1)
        #expect(result.entries == size + 1)
    }
}
