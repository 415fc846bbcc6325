import Nostr
import Reducers
import Testing

@testable import Replay

@Suite struct LogCommandTests {
    @Test func everyEntryIsALineThatAPersonCanRead() throws {
        let story = try Story.day()
        let run = Tool.run("log", "--data", story.directory)
        let (alice, bob) = (Story.key("alice").publicKey.shortNpub, Story.key("bob").publicKey.shortNpub)
        #expect(run.status == 0)
        #expect(UInt64(run.lines.count) == (try story.log.read { $0.size }))
        #expect(
            run.lines[0].hasPrefix(
                "      0  2026-01-02T03:04:05.678Z  genesis   the log relay.example.com/mesh/1 of the relay npub1"))
        #expect(run.output.contains("  decision  granted \(alice) → \(bob)\n"))
        #expect(run.output.contains("  delivery  entry 31 written to session 22 of \(alice)\n"))
        #expect(run.output.contains("  effect    \(bob) is no member any more\n"))
        #expect(run.output.contains("refused \(alice) → \(bob) | restricted: target is not a relay member\n"))
        #expect(run.output.contains("  session   session 22 of \(alice) closed: the client went away\n"))
        #expect(run.output.contains("  dropped   turned away before the log: 3 request_rate (\(alice))\n"))
        #expect(run.output.contains("  restart   "))
    }

    @Test func jsonIsOneObjectALineEvenWhereAnEventHasLineBreaks() throws {
        let story = try Story()
        try story.begin(members: ["alice"])
        let alice = try story.connect("alice")
        let event = story.sign("alice", kind: .textNote, content: "hello")
        // White space between the parts of an event is kept in the log.
        let spaced = String(decoding: event.raw, as: UTF8.self).split(
            separator: ",\"", omittingEmptySubsequences: false
        )
        .joined(separator: ",\n \"")
        try story.append(.event(try Event.parse(Array(spaced.utf8)), session: alice))
        let run = Tool.run("log", "--data", story.directory, "--json")
        let objects = try run.objects()
        #expect(UInt64(objects.count) == (try story.log.read { $0.size }))
        #expect(objects.enumerated().allSatisfy { $1["position"]?.unsignedInteger == UInt64($0) })
        #expect(objects.last?["event"]?.stringValue == Text(event.id.hex))
        #expect(objects.last?["payload"]?["event"]?["content"]?.stringValue == "hello")
        #expect(objects.last?["time"]?.stringValue == Text(Timestamp.text(story.clock - 1_000, .microseconds)))
    }

    @Test func fromBeginsAtAPositionATimeOrAnEvent() throws {
        let story = try Story.day()
        let all = Tool.run("log", "--data", story.directory).lines
        #expect(Tool.run("log", "--data", story.directory, "--from", "40").lines == Array(all[40...]))
        #expect(Tool.run("log", "--data", story.directory, "--from", "2026-01-02T03:04:17Z").lines == Array(all[40...]))
        // Now is 100 s after the beginning, less a bit.
        #expect(Tool.run("log", "--data", story.directory, "--from", "-88s").lines == Array(all[40...]))
        let id = try #require(
            Tool.run("log", "--data", story.directory, "--json", "--from", "40").objects().first?["event"]?.stringValue)
        #expect(
            Tool.run("log", "--data", story.directory, "--from", String(id.string.prefix(10))).lines
                == Array(all[40...]))
        #expect(Tool.run("log", "--data", story.directory, "--from", "100000").output.isEmpty)
    }

    @Test func kindLeavesItsEventsAndTheDecisionsAboutThem() throws {
        let story = try Story.day()
        let objects = try Tool.run("log", "--data", story.directory, "--kind", "24621", "--json").objects()
        #expect(objects.count == 10)
        #expect(objects.allSatisfy { ["event", "decision"].contains($0["type"]?.stringValue?.string) })
        let calls = try Tool.run("log", "--data", story.directory, "--kind", "24622", "--json").objects()
        #expect(calls.map { $0["type"]?.stringValue } == ["signed", "signed", "signed", "signed"])
    }

    @Test func keyLeavesEverythingThatAKeyHasAPartIn() throws {
        let story = try Story.day()
        for spelled in [Story.key("bob").publicKey.npub, Story.key("bob").publicKey.hex] {
            let objects = try Tool.run("log", "--data", story.directory, "--key", spelled, "--json").objects()
            let types = objects.compactMap { $0["type"]?.stringValue?.string }
            // Added, listed, connected, reporting, called, delivered to, removed, and asked for in vain.
            #expect(Set(types) == ["operator", "decision", "effect", "signed", "session", "event", "delivery"])
            #expect(objects.contains { $0["outcome"]?.stringValue == "refused" })
            #expect(!objects.contains { $0["text"]?.stringValue?.string.contains("profile") == true })
        }
        #expect(Tool.run("log", "--data", story.directory, "--key", Story.key("nobody").publicKey.npub).output.isEmpty)
    }

    @Test func fullKeysPrintHex() throws {
        let story = try Story.day()
        let output = Tool.run("log", "--data", story.directory, "--full-keys").output
        #expect(output.contains("granted \(Story.key("alice").publicKey.hex) → \(Story.key("bob").publicKey.hex)"))
        #expect(!output.contains("npub1"))
    }

    @Test func whatStrangersWroteCannotDriveATerminal() throws {
        let story = try Story()
        try story.begin(members: ["alice"])
        let alice = try story.connect("alice")
        let hostile = story.sign(
            "alice", kind: .meshConnectRequest, tags: [["p", "\u{1b}[2J\u{202e}evil\n"]], content: "{}")
        try story.append(.event(hostile, session: alice))
        let output = Tool.run("log", "--data", story.directory).output
        #expect(!output.contains("\u{1b}"))
        #expect(!output.unicodeScalars.contains("\u{202e}"))
    }
}
