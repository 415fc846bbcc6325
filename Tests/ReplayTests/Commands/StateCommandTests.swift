import Foundation
import Log
import Nostr
import Reducers
import Testing

@testable import Replay

@Suite struct StateCommandTests {
    @Test func theStateAtTheEndIsWhatTheRelayHad() throws {
        let story = try Story.day()
        let run = Tool.run("state", "--data", story.directory, "--json")
        let state = try #require(run.objects().first)
        #expect(run.status == 0)
        #expect(run.lines.count == 1)
        #expect(state["state_root"]?.stringValue == Text(SHA256.hash(story.state.encoded()).hex))
        #expect(state["members_root"]?.stringValue == Text(story.state.membership.root.hex))
        #expect(state["members"]?.arrayValue?.count == 3)
        #expect(state["calls"]?["granted"]?.unsignedInteger == 2)
        #expect(state["policy"]?["requests_per_second"]?.unsignedInteger == 20)
    }

    @Test func theSameBytesFromASnapshotFromEntryZeroAndFromACopy() throws {
        let story = try Story.day()
        let size = try story.log.read { $0.size }
        for position in 0..<size {
            let at = String(position)
            let cached = Tool.run("state", "--data", story.directory, "--json", "--at", at)
            let replayed = Tool.run("state", "--data", story.directory, "--json", "--at", at, "--no-snapshot")
            #expect(cached.status == 0)
            #expect(cached.output == replayed.output)
        }
    }

    @Test func aPositionMeansRightAfterItWithAllThatFollows() throws {
        let story = try Story.day()
        func members(_ at: String) throws -> Int? {
            try Tool.run("state", "--data", story.directory, "--json", "--at", at).objects().first?["members"]?
                .arrayValue?.count
        }
        // Entry 40 removes bob; 41 to 45 follow from it.
        #expect(try members("39") == 4)
        for position in 40...45 { #expect(try members("\(position)") == 3) }
        let outputs = (40...45).map { Tool.run("state", "--data", story.directory, "--json", "--at", "\($0)").output }
        #expect(Set(outputs).count == 1)
    }

    @Test func aTimeMeansAfterTheLastEntryAtOrBeforeIt() throws {
        let story = try Story.day()
        func output(_ at: String) -> String {
            Tool.run("state", "--data", story.directory, "--json", "--at", at).output
        }
        let removal = try #require(try story.log.read { try $0.leaf(at: 40) }).time
        #expect(output(Timestamp.text(removal, .microseconds)) == output("45"))
        #expect(output(Timestamp.text(removal - 1, .microseconds)) == output("39"))
        #expect(output("2030-01-01") == Tool.run("state", "--data", story.directory, "--json").output)
    }

    @Test func anEventMeansRightAfterItsStep() throws {
        let story = try Story.day()
        let objects = try Tool.run("log", "--data", story.directory, "--json").objects()
        func output(_ at: String) -> String {
            Tool.run("state", "--data", story.directory, "--json", "--at", at).output
        }
        let command = try #require(objects[40]["event"]?.stringValue).string
        #expect(output(command) == output("40"))
        #expect(output(String(command.prefix(8))) == output("40"))
    }

    @Test func whatIsNotThereIsSaidSo() throws {
        let story = try Story.day()
        let cases = [
            ("100000", "the log has no entry 100000"), ("2020-01-01", "before the log begins"),
            ("00000000000000aa", "no event 00000000000000aa in this log"),
        ]
        for (at, message) in cases {
            let run = Tool.run("state", "--data", story.directory, "--at", at)
            #expect(run.status == 1)
            #expect(run.output.isEmpty)
            #expect(run.complaint.contains(message), "\(run.complaint)")
        }
    }

    @Test func theScreenShowsWhoBelongsWhoListensAndWhatIsOffered() throws {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        let bob = try story.connect("bob", listening: true)
        try story.append(.event(story.report(from: "bob", model: "llama"), session: bob))
        let output = Tool.run("state", "--data", story.directory).output
        let name = Story.key("bob").publicKey.shortNpub
        #expect(output.contains("members     3\n"))
        #expect(output.contains("  member    \(name)  since entry "))
        #expect(output.contains("session \(bob)  \(name)  listens for \(name) since entry \(bob + 1)"))
        #expect(output.contains("\(name)  1 serve target, 1 model, reported 0.0 s before"))
        #expect(output.contains("1 of 20 reports by \(name)"))
    }

    @Test func anEmptyLogHasNoState() throws {
        let story = try Story()
        let run = Tool.run("state", "--data", story.directory)
        #expect(run.status == 1)
        #expect(run.complaint.contains("the log is empty"))
    }
}
