import Testing

@testable import Reducers

/// The first rule that a request breaks answers (WIRE.md, "24621"): every combination of what can be wrong with one.
@Suite struct DecisionOrderTests {
    enum Connection: CaseIterable { case own, foreign, unknown }
    enum Target: String, CaseIterable { case member, stranger, oneself, none, malformed }

    /// What is wrong with a request.
    struct Faults {
        var connection: Connection
        var isOutsider: Bool
        var isTooOften: Bool
        var isOld: Bool
        var isReplayed: Bool
        var isMalformed: Bool
        var target: Target
        var isTargetBusy: Bool

        /// WIRE.md's list, from the top.
        var expected: String {
            if connection == .unknown { return "not_authenticated" }
            if connection == .foreign { return "author_mismatch" }
            if isTooOften { return "request_rate" }
            if isOld { return "request_not_fresh" }
            if isReplayed { return "request_replayed" }
            if isMalformed { return "request_malformed" }
            if target == .none { return "request_without_target" }
            if target == .malformed { return "request_target_malformed" }
            if target == .oneself { return "request_to_self" }
            if isOutsider { return "requester_not_direct_member" }
            if target == .stranger { return "target_not_member" }
            if isTargetBusy { return "target_rate" }
            return "granted"
        }

        var command: String {
            let author = isOutsider ? "zoe" : "alice"
            let session =
                switch connection {
                case .own: author
                case .foreign: "bob"
                case .unknown: "nobody"
                }
            var words = [session, author, "asks"]
            switch target {
            case .member: words.append("bob")
            case .stranger: words.append("stranger")
            case .oneself: words.append(author)
            case .none: words += ["bob", "p=none"]
            case .malformed: words += ["bob", "p=0123"]
            }
            if isOld { words.append("age=121") }
            if isMalformed { words.append("content=[]") }
            return words.joined(separator: " ")
        }
    }

    private static let flags = [false, true]

    /// Alice and Bob are members; Zoe's session is that of a delegated identity.
    private func world(tooOften: Bool, targetBusy: Bool) throws -> StoryWorld {
        let world = StoryWorld()
        for line in [
            "operator add alice", "operator add bob", "operator add carol", "policy allow_delegation=true",
            "session zoe auth zoe for=alice",
            "policy calls_per_target_per_second=1 requests_per_second=2", "session alice auth alice",
            "session bob auth bob", "session carol auth carol",
        ] { _ = try world.run(line) }
        if targetBusy { _ = try world.run("carol carol asks bob") }
        if tooOften {
            for name in ["alice", "zoe"] { _ = try world.run("repeat 2 \(name) \(name) asks stranger attempt=#") }
        }
        return world
    }

    @Test(arguments: flags, flags)
    func theFirstBrokenRuleAnswers(isTooOften: Bool, isTargetBusy: Bool) throws {
        let world = try world(tooOften: isTooOften, targetBusy: isTargetBusy)
        for connection in Connection.allCases {
            for target in Target.allCases {
                for bits in 0..<16 {
                    let faults = Faults(
                        connection: connection, isOutsider: bits & 1 != 0, isTooOften: isTooOften, isOld: bits & 2 != 0,
                        isReplayed: bits & 4 != 0, isMalformed: bits & 8 != 0, target: target,
                        isTargetBusy: isTargetBusy)
                    let command = faults.command
                    let transition =
                        try faults.isReplayed
                        ? world.attempt(command, command) : world.attempt(command)
                    guard case .decision(let decision)? = transition.outputs.first else {
                        Issue.record("\(command): every request has a decision")
                        continue
                    }
                    #expect(decision.code == faults.expected, "\(command), replayed: \(faults.isReplayed)")
                    // Anything but a grant emits nothing at all.
                    #expect(transition.outputs.count == (decision.outcome == .granted ? 3 : 1))
                }
            }
        }
    }
}
