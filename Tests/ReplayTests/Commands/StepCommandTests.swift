import Foundation
import Log
import Nostr
import Reducers
import Testing

@testable import Replay

@Suite struct StepCommandTests {
    private func step(_ story: Story, _ commands: String..., arguments: [String] = []) throws -> Tool {
        let path = story.directory + "/commands.txt"
        try Data(commands.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
        return Tool.run(["step", "--data", story.directory, "--script", path] + arguments)
    }

    private func positions(_ story: Story, _ commands: String...) throws -> [UInt64?] {
        let path = story.directory + "/commands.txt"
        try Data(commands.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
        let tool = Tool.run("step", "--data", story.directory, "--script", path, "--json")
        return try tool.objects().map { $0["position"]?.unsignedInteger }
    }

    @Test func itGoesForwardsAndBackwardsInputByInput() throws {
        let story = try Story.day()
        // Entry 0, the policy, the owner; what follows from an input is no step of its own.
        #expect(try positions(story, "n", "n", "n", "b", "b") == [0, 1, 2, 7, 2, 1])
        #expect(try positions(story, "g 29", "n", "b") == [0, 29, 33, 29])
        #expect(try positions(story, "g 29", "b 2", "n 2").last == 29)
        #expect(try positions(story, "g 31", "b 100") == [0, 29, 0])
    }

    @Test func theStateIsTheSameHoweverOneComesThere() throws {
        let story = try Story.day()
        let size = try story.log.read { $0.size }
        for commands in [["g 46"], ["n 100", "g 46"], ["g 60", "b", "b", "b", "g 46"], ["g 46", "n", "b"]] {
            let path = story.directory + "/commands.txt"
            try Data((commands + ["p"]).joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
            let tool = Tool.run("step", "--data", story.directory, "--script", path, "--json")
            let direct = Tool.run("state", "--data", story.directory, "--at", "46", "--json")
            #expect(tool.lines.last == direct.lines.last, "\(commands) of \(size)")
        }
    }

    @Test func itFindsDecisionsOfAKeyBothWays() throws {
        let story = try Story.day()
        let carol = Story.key("carol").publicKey.npub
        let there = try positions(story, "g 29", "s \(carol)", "s \(carol)", "sb \(carol)")
        #expect(there == [0, 29, 36, 50, 36])
        #expect(try step(story, "g 999").status == 1)
    }

    @Test func itStopsWhereABreakpointHolds() throws {
        let story = try Story.day()
        let bob = Story.key("bob").publicKey.npub
        #expect(try positions(story, "bp kind == 24621 and outcome == refused", "c", "c", "cb") == [0, 46, 48, 46])
        #expect(try positions(story, "g 29", "bp member == \(bob)", "c", "cb") == [0, 29, 40, 12])
        #expect(try positions(story, "bp members > 3", "c").last == .some(try first(story) { $0 > 3 }))
        #expect(
            try positions(story, "bp policy.requests_per_second == 20 and (kind == 1 or kind == 8000)", "c").count == 2)
        let none = try step(story, "bp kind == 7", "c")
        #expect(none.output.contains("no step at which a breakpoint holds after this: the log ends here"))
        #expect(none.status == 0)
    }

    private func first(_ story: Story, _ isWanted: (Int) -> Bool) throws -> UInt64? {
        for seq in 0..<(try story.log.read { $0.size }) {
            let state = try story.log.read { try Replayer.state(of: $0, before: seq + 1) }
            if isWanted(state.membership.members.count) { return seq }
        }
        return nil
    }

    @Test func eachStepShowsWhatItChanged() throws {
        let story = try Story.day()
        let output = try step(story, "g 36", "n 3", "d", "d 29").output
        let bob = Story.key("bob").publicKey.shortNpub
        #expect(output.contains("member   - \(bob)  was member"))
        #expect(output.components(separatedBy: "member   - \(bob)").count == 3)
    }

    @Test func theStateIsLookedAtPartByPart() throws {
        let story = try Story.day()
        let alice = Story.key("alice").publicKey
        let output = try step(
            story, "g 29", "p members", "p \(alice.npub)", "p limits \(alice.npub)", "p policy", "p sessions", "why"
        ).output
        #expect(output.contains("members     4\n"))
        #expect(output.contains("\(alice.shortNpub) is member since entry"))
        #expect(output.contains("1 of 20 requests in its window"))
        #expect(output.contains("requests_per_second         20"))
        #expect(output.contains("session 22, listens for calls since entry 23"))
        #expect(output.contains("target is a direct member"))
    }

    @Test func whatIsWrongIsSaidAndTheSessionGoesOn() throws {
        let story = try Story.day()
        let mistakes: [(command: String, words: String)] = [
            ("fly", "there is no command fly; ? lists them"),
            ("bp colour == red", "there is no colour to look at; there are position, type"),
            ("bp kind ==", "a value is missing after =="),
            ("bp kind ~ 3", "is no comparison"),
            ("bp kind == x", "x is no number, which kind is"),
            ("bp (kind == 3", "a parenthesis is not closed"),
            ("bp kind == 3 4", "4 is not expected there"),
            ("bp outcome == maybe", "maybe is no outcome"),
            ("bp author == bob", "bob is no key"),
            ("bp outcome > refused", "refused is no number"),
            ("bp policy.nonsense > 1", "nonsense is no setting"),
            ("bp and", "there is no and to look at"),
            ("c", "there is no breakpoint to stop at"),
            ("n many", "many is no number of steps"),
            ("g", "where to?"),
            ("g somewhere", "somewhere is no point of a log"),
            ("g 9999", "the log has no entry 9999"),
            ("p nonsense", "there is no nonsense to print"),
            ("bp clear 4", "there is no breakpoint 4"),
        ]
        for (command, words) in mistakes {
            let tool = try step(story, command, "n")
            #expect(tool.status == 1, "\(command)")
            #expect(tool.output.contains("error: "), "\(command)")
            #expect(tool.output.contains(words), "\(command): \(tool.output)")
            #expect(tool.output.contains("policy    sprout"), "\(command): it went on")
        }
        #expect(Tool.run("step", "--data", story.directory, "--script", "/nowhere").status == 1)
    }

    @Test func deepNestingIsRefused() {
        let text = String(repeating: "(", count: 10_000) + "kind" + String(repeating: ")", count: 10_000)
        #expect(throws: TextError.self) { try ConditionParser.parse(text) }
        #expect(throws: TextError.self) { try ConditionParser.parse(String(repeating: "not ", count: 10_000) + "kind") }
    }

    @Test func itLeavesWhenTold() throws {
        let story = try Story.day()
        #expect(try positions(story, "n", "q", "n") == [0, 1])
        #expect(try step(story, "# a remark", "", "?").output.contains("bp CONDITION"))
    }

    @Test func aLongLogIsSteppedThroughBothWays() throws {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        let alice = try story.connect("alice")
        try story.append(
            (0..<9_000).map { .event(story.sign("alice", kind: .textNote, content: Text("\($0)")), session: alice) })
        let size = try story.log.read { $0.size }
        let there = try positions(story, "n 100000", "b", "cb", "bp position == 500", "cb", "bp position == 8000", "c")
        #expect(
            there.suffix(3).compactMap { $0 } == [500, 8_000] || there.compactMap { $0 }.suffix(2) == [500, 8_000])
        #expect(there[1] == size - 1)
        #expect(there[2] == size - 2)
    }
}
