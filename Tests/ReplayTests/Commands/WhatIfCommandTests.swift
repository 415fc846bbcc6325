import Foundation
import Log
import Nostr
import Reducers
import Testing

@testable import Replay

@Suite struct WhatIfCommandTests {
    private func run(_ story: Story, _ arguments: String...) throws -> (changes: [JSONValue], totals: JSONValue) {
        let tool = Tool.run(["what-if", "--data", story.directory, "--json"] + arguments)
        try #require(tool.status == 0, "\(tool.complaint)")
        var objects = try tool.objects()
        return (objects.dropLast(), objects.removeLast())
    }

    private func npub(_ name: String) -> String { Story.key(name).publicKey.npub }

    private func outcomes(_ change: JSONValue?) -> [Text?] {
        [change?["recorded"]?["outcome"]?.stringValue, change?["hypothetical"]?["outcome"]?.stringValue]
    }

    @Test func underTheSamePolicyNothingChanges() throws {
        let story = try Story.day()
        let (changes, totals) = try run(story, "--policy", "requests_per_second=20")
        #expect(changes.isEmpty)
        #expect(totals["changed"]?.unsignedInteger == 0)
        #expect(totals["other_events"]?.unsignedInteger == 0)
        #expect((totals["compared"]?.unsignedInteger ?? 0) > 10)
    }

    @Test func aWiderRateGrantsTheSecondRequest() throws {
        let story = try Story()
        var policy = Policy()
        policy.requestsPerSecond = 1
        try story.begin(policy, members: ["alice", "bob"])
        let alice = try story.connect("alice")
        for attempt in ["a1", "a2"] {
            try story.append(.event(story.request(from: "alice", to: "bob", attempt: attempt), session: alice))
        }
        let (changes, totals) = try run(story, "--policy", "requests_per_second=20")
        #expect(changes.count == 1)
        #expect(outcomes(changes.first) == ["refused", "granted"])
        #expect(changes[0]["check"]?["name"]?.stringValue == "requester within its rate")
        #expect(changes[0]["check"]?["failed"]?.stringValue == "recorded")
        #expect(totals["turns"]?["refused → granted"]?.unsignedInteger == 1)
        #expect(totals["granted"]?.unsignedInteger == 1)
        #expect(totals["granted_then"]?.unsignedInteger == 2)
    }

    /// A window that grows makes nothing fresh again that was made before it could be remembered.
    @Test func aLongerFreshnessWindowStillHasItsFloor() throws {
        let story = try Story.day()
        let (changes, _) = try run(story, "--policy", "request_freshness_seconds=900")
        #expect(changes.count == 1)
        #expect(outcomes(changes.first) == ["refused", "refused"])
    }

    @Test func aPolicyFromAPointOnLeavesWhatWasBefore() throws {
        let story = try Story.day()
        let (all, _) = try run(story, "--policy", "require_membership=false")
        let (late, _) = try run(story, "--policy", "require_membership=false", "--from", "60")
        #expect(all.count > late.count)
        #expect(late.allSatisfy { ($0["position"]?.unsignedInteger ?? 0) >= 60 })
        // Alice is paired with bob although he was removed: the relay is open to him.
        #expect(all.contains { $0["position"]?.unsignedInteger == 46 && outcomes($0) == ["refused", "granted"] })
    }

    @Test func withoutAMemberItsPairingsAreRefusedAndTheCheckIsNamed() throws {
        let story = try Story.day()
        let (changes, totals) = try run(story, "--without-member", npub("bob"))
        let request = changes.first { $0["position"]?.unsignedInteger == 29 }
        #expect(outcomes(request) == ["granted", "refused"])
        #expect(request?["check"]?["name"]?.stringValue == "target is a direct member")
        #expect(totals["members_then"]?.unsignedInteger == totals["members"]?.unsignedInteger)
        #expect(totals["caveats"]?.arrayValue?.isEmpty == false)
    }

    @Test func withAMemberWhatWasRefusedIsGranted() throws {
        let story = try Story.day()
        let (changes, _) = try run(story, "--with-member", npub("bob"), "--from", "36")
        let request = changes.first { $0["position"]?.unsignedInteger == 46 }
        #expect(outcomes(request) == ["refused", "granted"])
        #expect(request?["check"]?["name"]?.stringValue == "target is a direct member")
        let (asAdmin, _) = try run(story, "--with-member", "\(npub("alice")):admin")
        #expect(asAdmin.contains { $0["kind"]?.unsignedInteger == 9030 && outcomes($0) == ["refused", "applied"] })
    }

    @Test func withoutTheRemovalTheRequestIsGranted() throws {
        let story = try Story.day()
        // Position 41 is the decision on the removal: it leads to the command.
        for place in ["40", "41"] {
            let (changes, _) = try run(story, "--without", place)
            #expect(changes.first?["hypothetical"] == nil)
            #expect(
                changes.contains { $0["position"]?.unsignedInteger == 46 && outcomes($0) == ["refused", "granted"] })
        }
    }

    @Test func anInsertedEventIsJudgedWhereItStands() throws {
        let story = try Story.day()
        // Made at the time of entry 36, when bob was a member.
        let time = try #require(try story.log.read { try $0.leaf(at: 36) }?.time)
        let event = UnsignedEvent(
            pubkey: Story.key("owner").publicKey, createdAt: time / 1_000_000, kind: .removeMember,
            tags: [["p", Text(Story.key("carol").publicKey.hex)]], content: ""
        ).signed(by: Story.key("owner"))
        let path = story.directory + "/event.json"
        try Data(event.raw).write(to: URL(fileURLWithPath: path))
        let (changes, _) = try run(story, "--insert", path, "--at", "36")
        #expect(changes.first?["inserted"]?.boolValue == true)
        #expect(changes.first?["hypothetical"]?["outcome"]?.stringValue == "applied")
        // Carol's promotion later on has nobody to promote.
        #expect(changes.contains { $0["kind"]?.unsignedInteger == 9032 && outcomes($0) == ["applied", "refused"] })
        let late = try run(story, "--insert", path).changes
        #expect(late.count == 1)
        #expect(late[0]["hypothetical"]?["outcome"]?.stringValue == "refused")
    }

    @Test func theRulesOfTheBaseGrantWhatIsBeyondThem() throws {
        let story = try Story.day()
        let (changes, _) = try run(story, "--rules", "0")
        #expect(changes.map { $0["position"]?.unsignedInteger }.count == 1)
        #expect(outcomes(changes.first) == ["refused", "granted"])
        #expect(try run(story, "--rules", "1").changes.isEmpty)
    }

    @Test func itSaysForPeopleWhatItCannotKnow() throws {
        let story = try Story.day()
        let output = Tool.run("what-if", "--data", story.directory, "--without-member", npub("bob")).output
        #expect(output.contains("granted → refused (restricted: target is not a relay member)"))
        #expect(output.contains("then ✗ target is a direct member"))
        #expect(output.contains("what this cannot know\n  the log holds what clients sent as things were"))
    }

    @Test func whatCannotBeAssumedIsRefused() throws {
        let story = try Story.day()
        let refusals: [(arguments: [String], status: Int32, words: String)] = [
            ([], 64, "what if what?"),
            (["--policy", "nonsense=1"], 64, "is no setting"),
            (["--policy", "requests_per_second=0"], 64, "from 1 to 10000"),
            (["--policy", "requests_per_second"], 64, "NAME=VALUE"),
            (["--rules", "7"], 64, "no version 7"),
            (["--without-member", "me"], 64, "key"),
            (["--with-member", "\(npub("bob")):owner"], 64, "no role to give"),
            (["--without-member", npub("owner")], 1, "is the owner"),
            (["--without", "0"], 1, "whose log this is"),
            (["--without", "30", "--from", "40"], 1, "is before entry 40"),
            (["--without", "ffffffffffff"], 1, "no event"),
            (["--insert", "/nowhere/event.json"], 1, "cannot be read"),
            (["--at", "3", "--rules", "0"], 64, "--insert"),
        ]
        for (arguments, status, words) in refusals {
            let tool = Tool.run(["what-if", "--data", story.directory] + arguments)
            #expect(tool.status == status, "\(arguments)")
            #expect(tool.complaint.contains(words), "\(arguments): \(tool.complaint)")
        }
        let path = story.directory + "/forged.json"
        let event = story.request(from: "alice", to: "bob")
        let forged = String(decoding: event.raw, as: UTF8.self).replacingOccurrences(of: "a1", with: "a9")
        try Data(forged.utf8).write(to: URL(fileURLWithPath: path))
        let tool = Tool.run("what-if", "--data", story.directory, "--insert", path)
        #expect(tool.status == 1)
        #expect(tool.complaint.contains("is no signed event"))
    }
}
