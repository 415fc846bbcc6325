import Log
import Nostr
import Reducers
import Testing

@testable import Replay

/// Logs in which anything can happen. What the relay would write is always verified, and every way to a state is the same.
@Suite struct RandomLogTests {
    private static let names = ["owner", "alice", "bob", "carol", "dave"]

    /// The same numbers for the same seed.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state ^ (state >> 29)) &* 0x9e37_79b9_7f4a_7c15
        }
    }

    private static func story(seed: UInt64, steps: Int) throws -> Story {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        var dice = Dice(state: seed)
        var sessions: [UInt64] = []
        for _ in 0..<steps {
            let clocks: [Int64] = [0, 500, 40_000, 2_000_000, 70_000_000, -3_000_000]
            story.clock += clocks.randomElement(using: &dice) ?? 0
            try story.append(try input(story, &sessions, &dice))
        }
        return story
    }

    private static func input(
        _ story: Story, _ sessions: inout [UInt64], _ dice: inout Dice
    ) throws -> Input {
        let name = names.randomElement(using: &dice) ?? "alice"
        let other = names.randomElement(using: &dice) ?? "bob"
        let key = Story.key(name).publicKey
        let session = sessions.randomElement(using: &dice) ?? 0
        switch Int.random(in: 0..<24, using: &dice) {
        case 0...2:
            sessions.append(try story.log.read { $0.size })
            return .authenticated(
                story.sign(name, kind: .clientAuthentication, tags: [["challenge", "c"]]), session: nil)
        case 3: return .authenticated(story.sign(name, kind: .clientAuthentication), session: session)
        case 4: return .listening(session: session, keys: [key, Story.key(other).publicKey])
        case 5: return .closed(session: session, reason: "gone")
        case 6...9:
            return .event(
                story.request(
                    from: name, to: other, attempt: "a\(dice.next() % 100)",
                    skew: [0, 0, 0, 500].randomElement(using: &dice) ?? 0),
                session: session)
        case 10...12:
            return .event(story.report(from: name, model: "m\(dice.next() % 3)"), session: session)
        case 13: return .event(story.command(.addMember, by: name, on: other, role: "admin"), session: session)
        case 14: return .event(story.command(.addMember, by: name, on: other), session: session)
        case 15: return .event(story.command(.removeMember, by: name, on: other), session: session)
        case 16: return .event(story.command(.changeRole, by: name, on: other, role: "member"), session: session)
        case 17: return .operatorCommand(.membership(.add(key, .member)))
        case 18: return .operatorCommand(.membership(.remove(key)))
        case 19:
            var policy = Policy()
            policy.requireMembership = Bool.random(using: &dice)
            policy.dialect = Bool.random(using: &dice) ? .buzz : .sprout
            policy.requestsPerSecond = Int64.random(in: 1...20, using: &dice)
            return .policy(policy, .current)
        case 20: return .tick
        case 21: return .snapshotPoint
        case 22:
            return .event(
                story.sign(name, kind: Kind(UInt16(dice.next() % 40_000)), content: "\u{1}x"), session: session)
        default:
            return Int.random(in: 0..<4, using: &dice) == 0
                ? .restart : .dropped(Dropped(counts: ["x": 1], keys: [key]))
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func whatTheRelayWritesIsVerifiedAndEveryWayToAStateIsTheSame(_ seed: UInt64) throws {
        let story = try RandomLogTests.story(seed: seed, steps: 200)
        let result = try Verifier(story.log).run()
        #expect(result.divergence == nil)
        let size = try story.log.read { $0.size }
        #expect(result.entries == size)
        for position in stride(from: seed, to: size, by: 17) {
            let states = [[], ["--no-snapshot"]].map {
                Tool.run(["state", "--data", story.directory, "--json", "--at", "\(position)"] + $0).output
            }
            #expect(states[0] == states[1])
        }
        let end = Tool.run("state", "--data", story.directory, "--json").output
        #expect(end.contains(SHA256.hash(story.state.encoded()).hex))
    }

    @Test func everyEntryCanBeExplainedAndAgreesWithItsRecord() throws {
        let story = try RandomLogTests.story(seed: 7, steps: 120)
        for position in 0..<(try story.log.read { $0.size }) {
            let run = Tool.run("why", "--data", story.directory, "--json", "\(position)")
            #expect(run.status == 0)
            #expect(run.output.contains("\"agrees\":true"), "\(run.output)")
            #expect(Tool.run("why", "--data", story.directory, "\(position)").status == 0)
        }
        #expect(Tool.run("log", "--data", story.directory).status == 0)
        #expect(Tool.run("pairs", "--data", story.directory).status == 0)
    }

    @Test func anyChangeOfOneEntryIsFoundThereOrBefore() throws {
        for seed: UInt64 in 10..<30 {
            let story = try RandomLogTests.story(seed: seed, steps: 60)
            var dice = Dice(state: seed)
            let target = Int.random(in: 0..<4, using: &dice)
            var changed: UInt64?
            try story.append(.operatorCommand(.membership(.add(Story.key("alice").publicKey, .member))))
            let session = try story.connect("alice")
            story.forge = { drafts, step in
                let offset = target % drafts.count
                changed = step.position.seq + UInt64(offset)
                let index = Int.random(in: 0..<drafts[offset].payload.count, using: &dice)
                drafts[offset].payload[index] ^= 1
                drafts[offset].shape = PayloadShape()
                drafts[offset].event = nil
            }
            try story.append(.event(story.request(from: "alice", to: "bob"), session: session))
            story.forge = nil
            try story.append(.tick)
            let found = try Verifier(story.log).run().divergence
            #expect(found?.position == changed, "\(String(describing: found))")
        }
    }
}
