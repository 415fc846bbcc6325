import Log
import Nostr
import Reducers
import Testing

@testable import Replay

/// Version 0 of the rules: it compares, and is never in force.
@Suite struct RulesVersionTests {
    private let alice = Story.key("alice").publicKey

    private func story() throws -> (story: Story, session: UInt64) {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        return (story, try story.connect("alice"))
    }

    /// What an input comes to under both versions: a refusal's code, or the decision's.
    private func codes(_ story: Story, _ event: Event, _ session: UInt64) -> [String] {
        let position = Position(seq: 1_000, time: story.clock)
        return [RulesVersion.v1, .sprout].map { rules in
            let transition = story.state.explain(.event(event, session: session), at: position, rules: rules).transition
            return transition.refusal?.code ?? transition.outputs.first.map { output in
                if case .decision(let decision) = output { decision.code } else { "taken" }
            } ?? "taken"
        }
    }

    @Test func itAsksNothingThatTheWireContractCallsBeyond() throws {
        let (story, session) = try story()
        #expect(codes(story, story.request(from: "alice", to: "bob"), session) == ["granted", "granted"])
        #expect(
            codes(story, story.request(from: "alice", to: "bob", skew: -600), session)
                == ["request_not_fresh", "granted"])
        let request = story.request(from: "alice", to: "bob")
        try story.append(.event(request, session: session))
        #expect(codes(story, request, session) == ["request_replayed", "granted"])
        let long = Text(String(repeating: "a", count: 300))
        let longer = story.request(from: "alice", to: "bob", attempt: long.string)
        #expect(codes(story, longer, session) == ["request_malformed", "granted"])
        let upper = story.sign(
            "alice", kind: .meshConnectRequest, tags: [["p", Text(Story.key("bob").publicKey.hex.uppercased())]],
            content: request.content)
        #expect(codes(story, upper, session) == ["granted", "target_not_member"])
    }

    @Test func itRefusesWhatTheBaseRefuses() throws {
        let (story, session) = try story()
        let content = story.request(from: "alice", to: "bob").content
        for (event, code) in [
            (story.request(from: "alice", to: "stranger"), "target_not_member"),
            (story.request(from: "alice", to: "alice"), "request_to_self"),
            (story.request(from: "bob", to: "alice"), "author_mismatch"),
            (story.sign("alice", kind: .meshConnectRequest), "request_malformed"),
            (
                story.sign(
                    "alice", kind: .meshConnectRequest, content: content),
                "request_without_target"
            ),
            (story.command(.addMember, by: "alice", on: "dave"), "add_needs_admin"),
            (story.sign("alice", kind: .meshStatusReport, content: "[]"), "report_not_json"),
            (story.sign("alice", kind: .memberAdded), "relay_only_kind"),
        ] {
            #expect(codes(story, event, session) == [code, code])
        }
        #expect(codes(story, story.request(from: "alice", to: "bob"), 3) == ["not_authenticated", "not_authenticated"])
    }

    @Test func theRateOfARequesterIsThatOfTheContractWhateverThePolicySays() throws {
        var policy = Policy()
        policy.requestsPerSecond = 5
        let story = try Story()
        try story.begin(policy, members: ["alice", "bob"])
        let session = try story.connect("alice")
        var state = story.state.judging(by: .sprout)
        var outcomes: [Decision.Outcome] = []
        for number in 0..<21 {
            let position = Position(seq: 100 + UInt64(number) * 4, time: story.clock)
            let event = story.request(from: "alice", to: "bob", attempt: "a\(number)")
            let transition = state.apply(.event(event, session: session), at: position)
            guard case .decision(let decision)? = transition.outputs.first else { continue }
            outcomes.append(decision.outcome)
            #expect(decision.rules == .sprout)
        }
        #expect(outcomes == Array(repeating: .granted, count: 20) + [.refused])
    }

    @Test func itGoesOnJudgingPastAPolicyOfTheLog() throws {
        let (story, session) = try story()
        var state = story.state.judging(by: .sprout)
        _ = state.apply(.policy(Policy(), .current), at: Position(seq: 900, time: story.clock))
        #expect(state.judgingRules == .sprout)
        #expect(state.rules == .v1)
        let old = story.request(from: "alice", to: "bob", skew: -600)
        let position = Position(seq: 1_000, time: story.clock)
        #expect(state.explain(.event(old, session: session), at: position).transition.refusal == nil)
    }

    @Test func aStateIsEncodedAsTheLogHasIt() throws {
        let (story, _) = try story()
        #expect(story.state.judging(by: .sprout).encoded() == story.state.encoded())
    }

    @Test func noPolicyEntryPutsItInForce() throws {
        let (story, session) = try story()
        story.forge = { drafts, _ in
            drafts[0].payload = Policy().payload(rules: .sprout)
            drafts[0].shape = PayloadShape()
        }
        let position = try story.append(.policy(Policy(), .current)).position.seq
        story.forge = nil
        #expect(throws: ReplayError.self) { try story.log.read { try Replayer.state(of: $0) } }
        let divergence = try Verifier(story.log).run().divergence
        #expect(divergence?.position == position)
        #expect(divergence?.aspect == .payload)
        #expect(divergence?.found.contains("for comparisons") == true)
        // The reducer itself leaves the version as it is.
        var state = story.state
        _ = state.apply(.policy(Policy(), .sprout), at: Position(seq: 900, time: story.clock))
        #expect(state.rules == .v1)
        #expect(state.judgingRules == .v1)
        let old = story.request(from: "alice", to: "bob", skew: -600)
        let refused = state.apply(.event(old, session: session), at: Position(seq: 901, time: story.clock))
        #expect(refused.refusal == .requestNotFresh(120))
    }

    @Test func noDecisionNamesIt() throws {
        let payload = Array(
            #"{"request":1,"outcome":"granted","code":"granted","rules":0,"basis":{"policy":1}}"#.utf8)
        #expect(throws: PayloadError.self) { try payload.withUnsafeBytes { try Decision(payload: $0) } }
    }
}
