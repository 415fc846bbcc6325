import Log
import Nostr
import Reducers
import Testing

@testable import Replay

@Suite struct DiffCommandTests {
    private func changes(_ story: Story, _ arguments: String...) throws -> [JSONValue] {
        try Tool.run(["diff", "--data", story.directory, "--json"] + arguments).objects()
    }

    private func first(_ area: Text, _ changes: [JSONValue]) -> JSONValue? {
        changes.first { $0["area"]?.stringValue == area }
    }

    @Test func whatChangedIsNamedWithTheEntryThatMadeItAndItsAuthor() throws {
        let story = try Story.day()
        // Entry 40 or so: the owner removes bob; carol becomes admin later.
        let changes = try changes(story, "36")
        let members = changes.filter { $0["area"]?.stringValue == "member" }
        #expect(
            members.map { $0["key"]?.stringValue } == [
                Text(Story.key("bob").publicKey.hex), Text(Story.key("carol").publicKey.hex),
            ])
        #expect(members[0]["change"]?.stringValue == "removed")
        #expect(members[0]["before"]?.stringValue == "member")
        #expect(members[0]["position"]?.unsignedInteger == 42)
        #expect(members[0]["author"]?.stringValue == Text(Story.key("owner").publicKey.hex))
        #expect(members[1]["change"]?.stringValue == "changed")
        #expect(members[1]["after"]?.stringValue == "admin")
        // All of them are gone: bob's with his membership, alice's because she left.
        let sessions = changes.filter { $0["area"]?.stringValue == "session" }
        #expect(sessions.allSatisfy { $0["change"]?.stringValue == "removed" })
        #expect(sessions.count == 3)
        #expect(sessions[0]["position"] != nil)
        #expect(sessions[1]["position"]?.unsignedInteger == 42)
        #expect(changes.contains { $0["area"]?.stringValue == "listener" && $0["change"]?.stringValue == "removed" })
        let calls = changes.filter { $0["area"]?.stringValue == "call" }
        #expect(calls.map { $0["outcome"]?.stringValue } == ["refused", "refused", "refused"])
    }

    @Test func aPolicyIsComparedSettingBySetting() throws {
        let story = try Story.day()
        var policy = Policy()
        policy.requestsPerSecond = 5
        let position = try story.append(.policy(policy, .current)).position.seq
        let change = try #require(first("policy", try changes(story, "\(position - 1)", "\(position)")))
        #expect(change["name"]?.stringValue == "requests_per_second")
        #expect(change["before"]?.stringValue == "20")
        #expect(change["after"]?.stringValue == "5")
        #expect(change["position"]?.unsignedInteger == position)
    }

    @Test func invitesAndBansComeAndGo() throws {
        let story = try Story.day()
        let start = try story.append(.tick).position.seq
        let hash = Invite.hash(of: "secret")
        try story.append(
            .operatorCommand(.invite(hash: hash, role: .member, uses: 1, lifetimeSeconds: 600, label: "")))
        let made = try story.append(.operatorCommand(.ban(Story.key("eve").publicKey, reason: "spam"))).position.seq
        let revoked = try story.append(.operatorCommand(.revokeInvite(hash: hash))).position.seq
        let lifted = try story.append(.operatorCommand(.unban(Story.key("eve").publicKey))).position.seq
        let added = try changes(story, "\(start)", "\(made)")
        #expect(added.map { $0["area"]?.stringValue } == ["invite", "ban"])
        #expect(first("ban", added)?["after"]?.stringValue == "spam")
        let removed = try changes(story, "\(made)", "\(lifted)")
        #expect(first("invite", removed)?["position"]?.unsignedInteger == revoked)
        #expect(first("ban", removed)?["position"]?.unsignedInteger == lifted)
        #expect(try changes(story, "\(start)", "\(lifted)").isEmpty)
    }

    @Test func linesArePeoples() throws {
        let story = try Story.day()
        let output = Tool.run("diff", "--data", story.directory, "36").output
        #expect(output.contains("members\n  - \(Story.key("bob").publicKey.shortNpub)  was member  (entry 42, "))
        #expect(output.contains("by \(Story.key("owner").publicKey.shortNpub)"))
        #expect(output.contains("calls asked for in between: 3, 0 granted, 3 refused"))
        #expect(Tool.run("diff", "--data", story.directory, "36", "36").output.contains("nothing differs"))
    }

    @Test func twoLogsAreComparedToo() throws {
        let (left, right) = (try Story.day(), try Story.day())
        try right.append(.operatorCommand(.membership(.add(Story.key("dave").publicKey, .member))))
        let run = Tool.run("diff", "--data", left.directory, "--other", right.directory, "--json")
        #expect(run.status == 0)
        let changes = try run.objects()
        #expect(changes.count == 1)
        #expect(changes[0]["key"]?.stringValue == Text(Story.key("dave").publicKey.hex))
        #expect(changes[0]["change"]?.stringValue == "added")
    }

    @Test func pointsThatMakeNoSenseAreRefused() throws {
        let story = try Story.day()
        #expect(Tool.run("diff", "--data", story.directory).status == 64)
        #expect(Tool.run("diff", "--data", story.directory, "1", "2", "3").status == 64)
        let backwards = Tool.run("diff", "--data", story.directory, "40", "3")
        #expect(backwards.status == 1)
        #expect(backwards.complaint.contains("the first point is after the second"))
        #expect(Tool.run("diff", "--data", story.directory, "9999").status == 1)
    }
}
