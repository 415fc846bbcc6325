import Foundation
import Log
import Nostr
import Reducers
import Testing

@testable import Replay

@Suite struct SQLiteTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func database(_ story: Story, _ arguments: String...) throws -> Queries {
        let path = scratch.path("log.sqlite")
        let run = Tool.run(
            ["export", "--data", story.directory, "--format", "sqlite", "--out", path, "--force"] + arguments)
        try #require(run.status == 0, "\(run.complaint)")
        return try Queries(path)
    }

    private func key(_ name: String) -> String { Story.key(name).publicKey.hex }

    @Test func everyEntryAndEveryTagIsThere() throws {
        let story = try Story.day()
        let query = try database(story)
        #expect(try query.value("SELECT COUNT(*) FROM entries") == "67")
        #expect(try query.value("SELECT value FROM log WHERE name = 'log'") == "relay.example.com/mesh/1")
        #expect(
            try query.value("SELECT message FROM attempts WHERE attempt_id = 'a3'")
                == "restricted: target is not a relay member")
        #expect(
            try query.value("SELECT json ->> '$.content' FROM events WHERE kind = 1") == "hello\nworld")
        #expect(try query.value("SELECT COUNT(*) FROM tags WHERE name = 'p' AND value = '\(key("bob"))'") != "0")
        #expect(try query("PRAGMA integrity_check") == [["ok"]])
        #expect(try query.value("PRAGMA user_version") == "1")
    }

    @Test func theCommitmentOfEveryEntryCanBeCheckedFromItsRow() throws {
        let story = try Story.day()
        for row in try database(story)("SELECT leaf, salt, payload FROM entries") {
            let leaf = try Leaf(decoding: try #require(row[0].flatMap { Base64.decode($0) }))
            let salt = try #require(row[1].flatMap { Bytes32(hex: $0) })
            #expect(Commitment.of(payload: Array((row[2] ?? "").utf8), salt: salt) == leaf.commitment)
        }
    }

    @Test func anAttemptKnowsWhetherBothEndsRang() throws {
        let query = try database(try Story.day())
        #expect(
            try query("SELECT attempt_id, outcome, requester_rung, target_rung FROM attempts ORDER BY position") == [
                ["a1", "granted", "1", "1"], ["a2", "granted", "0", "0"], ["a3", "refused", nil, nil],
                ["a4", "refused", nil, nil], ["a5", "refused", nil, nil],
            ])
        let counts = "SELECT attempts, granted, refused, rung_at_both_ends FROM v_pairs"
        #expect(try query("\(counts) WHERE target = '\(key("bob"))'") == [["2", "1", "1", "1"]])
        #expect(try query("SELECT after_us FROM v_rings WHERE written = 1") == [["1000"], ["2000"]])
    }

    @Test func aMembershipIsAnIntervalWithWhoBeganAndWhoEndedIt() throws {
        let query = try database(try Story.day())
        let bob = try query(
            """
            SELECT m.role, m.ended, b.type, e.author FROM members m JOIN entries b ON b.position = m.cause
            JOIN entries e ON e.position = m.end_cause WHERE key = '\(key("bob"))'
            """)
        #expect(bob == [["member", "2026-01-02T03:04:17.695000Z", "operator", key("owner")]])
        // A new role is a new interval, without a gap.
        #expect(
            try query("SELECT role, until IS NULL FROM members WHERE key = '\(key("carol"))' ORDER BY since")
                == [["member", "0"], ["admin", "1"]])
        #expect(try query("SELECT * FROM v_paired_without_membership").isEmpty)
    }

    /// A log in which somebody was paired with a key that is no member.
    private func pairing(requiringMembership: Bool) throws -> Story {
        let story = try Story()
        var policy = Policy()
        policy.requireMembership = requiringMembership
        try story.begin(policy, members: ["alice"])
        let alice = try story.connect("alice")
        story.forge = { drafts, step in
            guard step.transition.refusal != nil else { return }
            let refusal = String(decoding: drafts[1].payload, as: UTF8.self)
            drafts[1].payload = Array(refusal.replacing("refused", with: "granted").utf8)
        }
        try story.append(.event(story.request(from: "alice", to: "mallory"), session: alice))
        return story
    }

    @Test func aPairingOfSomebodyWhoHadToBeAMemberIsFound() throws {
        let view = "SELECT target FROM v_paired_without_membership"
        #expect(try database(try pairing(requiringMembership: true))(view) == [[key("mallory")]])
        #expect(try database(try pairing(requiringMembership: false))(view).isEmpty)
        // The policy is known even where the range begins behind it.
        let late = try pairing(requiringMembership: false)
        #expect(try database(late, "--from", "7")(view).isEmpty)
        #expect(try database(late, "--from", "7").value("SELECT position FROM policies") == "1")
    }

    @Test func sessionsAndListeningEndWhereTheLogSaysSo() throws {
        let query = try database(try Story.day())
        #expect(
            try query("SELECT key, how, reason FROM sessions ORDER BY session") == [
                [key("alice"), "closed", "the client went away"], [key("bob"), "restarted", nil],
                [key("owner"), "restarted", nil],
            ])
        #expect(try query("SELECT COUNT(*) FROM listening WHERE until IS NOT NULL") == [["2"]])
    }

    @Test func aRangeKnowsWhoWasThereBeforeItBegan() throws {
        let query = try database(try Story.day(), "--from", "40", "--to", "45")
        #expect(try query.value("SELECT COUNT(*) FROM entries") == "6")
        #expect(try query("SELECT ended FROM members WHERE key = '\(key("bob"))'") == [["2026-01-02T03:04:17.695000Z"]])
        #expect(try query.value("SELECT COUNT(*) FROM members") == "4")
        // Alice listens from before the range to behind its end.
        #expect(try query("SELECT until FROM listening WHERE key = '\(key("alice"))'") == [[nil]])
        #expect(try query("SELECT * FROM attempts").isEmpty)
    }

    @Test func aCheckpointIsThereWithItsNote() throws {
        let story = try Story.day()
        let checkpoint = try story.log.read {
            Checkpoint(origin: "relay.example.com/mesh/1", size: $0.size, root: $0.root)
        }
        let note = SignedNote.sign(checkpoint, story.logKey).text
        try story.append(.checkpoint(note: Text(note)))
        let query = try database(story)
        #expect(
            try query("SELECT position, size, root, note FROM checkpoints") == [
                ["67", "67", checkpoint.root.hex, note]
            ])
    }

    @Test func everyQuestionInTheReadmeHasAnAnswer() throws {
        let query = try database(try Story.day())
        let questions = try query("SELECT question, query FROM README")
        #expect(questions.count == SQLiteQuestions.all.count)
        for question in questions { _ = try query(try #require(question[1])) }
        let refused = try query(try #require(questions.first { $0[0]?.hasPrefix("What was refused") == true }?[1]))
        #expect(refused.contains { $0[1] == "target_not_member" && $0[3] == "1" })
    }

    @Test func whatIsNoFileOrCannotBeWrittenIsRefused() throws {
        let story = try Story.day()
        let nowhere = Tool.run("export", "--data", story.directory, "--format", "sqlite")
        #expect(nowhere.status == 64 && nowhere.complaint.contains("needs --out"))
        let missing = Tool.run(
            "export", "--data", story.directory, "--format", "sqlite", "--out", scratch.path("no/such.sqlite"))
        #expect(missing.status == 74)
        let directory = Tool.run(
            "export", "--data", story.directory, "--format", "sqlite", "--out", scratch.directory, "--force")
        #expect(directory.status == 74 && directory.complaint.contains("is a directory"))
        #expect(try scratch.names().isEmpty)
    }
}
