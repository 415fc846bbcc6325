import Foundation
import Log
import Nostr
import Reducers
import Testing

@testable import Replay

@Suite struct ReportTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func page(_ story: Story, _ arguments: String...) throws -> String {
        let path = scratch.path("report.html")
        let run = Tool.run(["report", "--data", story.directory, "--out", path, "--force"] + arguments)
        try #require(run.status == 0, "\(run.complaint)")
        return try scratch.text("report.html")
    }

    private func occurrences(_ part: String, in page: String) -> Int { page.components(separatedBy: part).count - 1 }

    @Test func itBeginsWithWhetherTheLogIsRight() throws {
        let story = try Story.day()
        let right = try page(story)
        #expect(right.contains("This log was checked: every decision followed the rules."))
        #expect(right.contains(try story.log.read { $0.root.hex }))
        #expect(try page(story, "--no-verify").contains("This log was not checked."))
        story.forge = { drafts, step in
            guard step.transition.refusal != nil else { return }
            let refusal = String(decoding: drafts[1].payload, as: UTF8.self)
            drafts[1].payload = Array(refusal.replacing("refused", with: "granted").utf8)
        }
        let carol = try story.connect("carol")
        try story.append(.event(story.request(from: "carol", to: "carol"), session: carol))
        let wrong = try page(story)
        #expect(wrong.contains("This log is not what it has to be."))
        #expect(wrong.contains("Do not rely on anything that this report") && wrong.contains("not as recorded"))
    }

    @Test func theLatestCheckpointIsComparedWithTheLog() throws {
        let story = try Story.day()
        let (size, root) = try story.log.read { ($0.size, $0.root) }
        func publish(_ root: Bytes32, _ key: LogKey) throws -> String {
            let checkpoint = Checkpoint(origin: "relay.example.com/mesh/1", size: size, root: root)
            let note = SignedNote.sign(checkpoint, key).text
            try story.append(.checkpoint(note: Text(note)))
            return try page(story, "--no-verify")
        }
        let right = try publish(root, story.logKey)
        #expect(right.contains("It was signed by the relay alone, and the first 67 entries of this log are the ones"))
        #expect(try publish(.zero, story.logKey).contains("This log is not the one that it was signed for"))
        #expect(try publish(root, .generate()).contains("It is not signed by this log’s key."))
    }

    @Test func everyAttemptHasItsStory() throws {
        let page = try page(try Story.day())
        #expect(occurrences("<details class=\"story", in: page) == 5)
        #expect(occurrences("<svg class=\"attempt ", in: page) == 5)
        #expect(page.contains("The other end was not a member of this community at that moment."))
        #expect(page.contains("A machine asked to be connected with itself."))
        #expect(page.contains("The request was too old, or the clock of the machine that sent it is wrong."))
        #expect(page.contains("ringdown-replay why --data DIR 29"))
        #expect(occurrences("What would have had to be different: ", in: page) == 3)
        #expect(occurrences(", the same</td>", in: page) == 5)
    }

    @Test func whatPeopleWroteIsInert() throws {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        let alice = try story.connect("alice")
        let evil = "</title></svg><script>alert(1)</script>\"' onload=x \u{202e}"
        var profile = JSONWriter()
        profile.beginObject()
        profile.field("name", evil)
        profile.endObject()
        let content = Text(validUTF8: profile.bytes)
        try story.append(.event(story.sign("alice", kind: .metadata, content: content), session: alice))
        try story.append(.event(story.request(from: "alice", to: "bob", attempt: "<b>a</b>"), session: alice))
        try story.append(.closed(session: alice, reason: evil))
        let page = try page(story)
        #expect(page.contains("&lt;/title&gt;&lt;/svg&gt;&lt;script&gt;"))
        #expect(occurrences("<script", in: page) == 1)
        #expect(!page.contains("alert(1)</script>") && !page.contains("<b>a") && !page.contains("\u{202e}"))
        // Nothing is loaded, and nothing but the page's own script may run.
        #expect(page.contains("default-src 'none'; style-src 'sha256-"))
        for part in ["http://", "https://", " src=", "@import", "url(http", " onclick", " style="] {
            #expect(!page.contains(part), "\(part)")
        }
    }

    @Test func aPairingOnHatchedGroundIsCircledUnlessTheRelayWasOpen() throws {
        for (requiresMembership, circles) in [(true, 1), (false, 0)] {
            let story = try Story()
            var policy = Policy()
            policy.requireMembership = requiresMembership
            try story.begin(policy, members: ["alice"])
            let alice = try story.connect("alice")
            story.forge = { drafts, step in
                guard step.transition.refusal != nil else { return }
                let refusal = String(decoding: drafts[1].payload, as: UTF8.self)
                drafts[1].payload = Array(refusal.replacing("refused", with: "granted").utf8)
            }
            try story.append(.event(story.request(from: "alice", to: "mallory"), session: alice))
            #expect(occurrences("class=\"alarm\"", in: try page(story)) == circles)
        }
        #expect(occurrences("class=\"alarm\"", in: try page(try Story.day())) == 0)
    }

    @Test func aRangeShowsItselfAndWhoWasThereBefore() throws {
        let page = try page(try Story.day(), "--from", "40", "--to", "50")
        #expect(page.contains("entries 40 to 50 of 67"))
        #expect(occurrences("<details class=\"story", in: page) == 3)
        #expect(page.contains("was removed") && !page.contains("joined as member"))
        #expect(page.contains("--from 40 --to 50 --out"))
    }

    @Test func aLargeRangeIsSummedUpAndSaysSo() throws {
        let story = try Story()
        try story.begin(members: (0..<230).map { "m\($0)" })
        let session = try story.connect("m0")
        for number in 1...1_100 {
            // Slower than the limit of calls in a second.
            story.clock += 60_000
            let request = story.request(from: "m0", to: "m\(1 + number % 229)", attempt: "a\(number)")
            try story.append(.event(request, session: session))
        }
        let page = try page(story, "--no-verify")
        #expect(page.contains("<strong>1,100</strong> asked to be connected"))
        #expect(page.contains("Of 1,100 attempts the latest 1,000 are drawn"))
        #expect(occurrences("<details class=\"story", in: page) == Report.maximumStories)
        #expect(occurrences("<g class=\"lane\"", in: page) == Report.maximumLanes)
        #expect(occurrences("aria-pressed=\"false\"", in: page) == Report.maximumLanes)
        #expect(page.contains("30 keys with fewer attempts are left out."))
        #expect(page.utf8.count < 6_000_000)
    }

    @Test func whereSomethingWasErasedNothingIsInvented() throws {
        let story = try Story.day()
        let batch = try story.log.beginBatch()
        try batch.erase([29])
        try batch.commit()
        let page = try page(story)
        #expect(page.contains("The contents of 1 entry were erased on request"))
        #expect(page.contains("The checks were not made again here"))
        #expect(occurrences("<details class=\"story", in: page) == 5)
    }

    @Test func nothingIsWrittenForARangeThatIsNotThereOrOverAnotherFile() throws {
        let story = try Story.day()
        let path = scratch.path("report.html")
        let empty = Tool.run("report", "--data", story.directory, "--out", path, "--from", "100")
        #expect(empty.status == 1 && empty.complaint.contains("no entries in that range"))
        #expect(try scratch.names().isEmpty)
        let first = Tool.run("report", "--data", story.directory, "--out", path, "--json")
        #expect(first.status == 0)
        let said = try #require(try first.objects().first)
        #expect(said["verified"]?.boolValue == true && said["attempts"]?.unsignedInteger == 5)
        let second = Tool.run("report", "--data", story.directory, "--out", path)
        #expect(second.status == 74 && second.complaint.contains("is there already"))
        #expect(Tool.run("report", "--data", story.directory).status == 64)
    }
}
