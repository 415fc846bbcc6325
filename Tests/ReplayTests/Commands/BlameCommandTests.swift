import Nostr
import Reducers
import Testing

@testable import Replay

@Suite struct BlameCommandTests {
    private let bob = Story.key("bob").publicKey
    private let alice = Story.key("alice").publicKey
    private let owner = Story.key("owner").publicKey

    private func blame(_ story: Story, _ arguments: String...) throws -> JSONValue {
        try #require(Tool.run(["blame", "--data", story.directory, "--json"] + arguments).objects().first)
    }

    private func positions(_ blame: JSONValue) -> [UInt64] {
        blame["chain"]?.arrayValue?.compactMap { $0["position"]?.unsignedInteger } ?? []
    }

    private func changes(_ blame: JSONValue) -> [String] {
        blame["chain"]?.arrayValue?.compactMap { $0["change"]?.stringValue?.string } ?? []
    }

    @Test func aMemberIsTracedThroughRemovalAndAddition() throws {
        let story = try Story.day()
        let member = try blame(story, "member", bob.npub)
        #expect(member["stands"]?.stringValue?.string == "\(bob.shortNpub) is no member")
        #expect(positions(member) == [42, 14])
        #expect(member["chain"]?.arrayValue?.first?["author"]?.stringValue == Text(owner.hex))
        #expect(member["chain"]?.arrayValue?.last?["author"]?.stringValue == "operator")
        #expect(positions(try blame(story, "member", bob.npub, "--at", "41")) == [14])
        #expect(positions(try blame(story, "member", bob.npub, "--last", "1")) == [42])
        #expect(try blame(story, "member", bob.npub, "--last", "1")["has_older"]?.boolValue == true)
    }

    @Test func aKeyThatTheLogNeverSawHasNoChain() throws {
        let story = try Story.day()
        let key = Story.key("stranger").publicKey
        let run = Tool.run("blame", "--data", story.directory, "member", key.npub)
        #expect(run.lines == ["\(key.shortNpub) is no member", "  no entry of this log says anything about it"])
    }

    @Test func aNoteNamesWhatMadeItAndWhatEmptiedIt() throws {
        let story = try Story.day()
        let chain = changes(try blame(story, "note", bob.hex))
        #expect(chain.count == 2)
        #expect(chain[0].contains("emptied by entry 40"))
        #expect(chain[1].contains("for the report of entry 27"))
        let stale = try Story()
        try stale.begin(members: ["bob"])
        let session = try stale.connect("bob")
        try stale.append(.event(stale.report(from: "bob", model: "llama"), session: session))
        stale.clock += 90_000_000
        let tick = try stale.append(.tick)
        #expect(
            changes(try blame(stale, "note", bob.hex))[0].contains("emptied by the tick of entry \(tick.position.seq)"))
    }

    @Test func aSettingIsTracedThroughTheValuesThatItHad() throws {
        let story = try Story()
        try story.begin()
        var policy = Policy()
        policy.requestsPerSecond = 5
        try story.append(.policy(policy, .current))
        policy.dialect = .buzz
        let last = try story.append(.policy(policy, .current))
        let rate = try blame(story, "policy", "requests_per_second")
        #expect(rate["stands"]?.stringValue == "requests_per_second is 5")
        #expect(changes(rate) == ["requests_per_second from 20 to 5", "requests_per_second set to 20"])
        let all = try blame(story, "policy")
        #expect(positions(all).first == last.position.seq)
        #expect(changes(all).first == #"dialect from "sprout" to "buzz""#)
        #expect(changes(all).count == 3)
        let run = Tool.run("blame", "--data", story.directory, "policy", "colour")
        #expect(run.status == 1)
        #expect(run.complaint.contains("there is no setting colour; the settings are: rules, dialect"))
    }

    @Test func listeningIsTracedToTheSessionsThatBeganAndCeased() throws {
        let story = try Story()
        try story.begin(members: ["bob"])
        let first = try story.connect("bob", listening: true)
        let closed = try story.append(.closed(session: first, reason: "no pong"))
        let second = try story.connect("bob", listening: true)
        let chain = changes(try blame(story, "listening", bob.npub))
        #expect(chain.count == 2)
        #expect(chain[0] == "session \(second) listens, and still did")
        #expect(chain[1].contains("session \(first) listens, until entry \(closed.position.seq)"))
        #expect(chain[1].contains("no pong"))
        try story.append(.restart)
        #expect(changes(try blame(story, "listening", bob.npub))[0].contains("the relay started"))
        #expect(
            try blame(story, "listening", bob.npub)["stands"]?.stringValue?.string
                == "\(bob.shortNpub) does not listen for calls")
    }

    @Test func aSessionIsTracedFromItsOpeningToItsEnd() throws {
        let story = try Story.day()
        let session = try blame(story, "session", "22")
        #expect(session["stands"]?.stringValue?.string.contains("has ended") == true)
        #expect(positions(session).last == 22)
        #expect(changes(session).first?.contains("the client went away") == true)
        #expect(changes(try blame(story, "session", "24")).first?.contains("which ended the session") == true)
        let run = Tool.run("blame", "--data", story.directory, "session", "29")
        #expect(run.status == 1)
        #expect(run.complaint.contains("entry 29 opened no session"))
    }

    @Test func aLimitShowsWhatCounted() throws {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        let session = try story.connect("alice")
        for number in 0..<3 {
            try story.append(.event(story.request(from: "alice", to: "bob", attempt: "\(number)"), session: session))
        }
        try story.append(.dropped(Dropped(counts: ["request_rate": 3], keys: [alice])))
        let limit = try blame(story, "limit", alice.npub)
        #expect(limit["stands"]?.stringValue?.string.contains("3 of 20 requests") == true)
        #expect(changes(limit).count == 4)
        #expect(changes(limit)[0].contains("turned away before the log: 3 request_rate"))
        #expect(changes(limit)[1].hasSuffix("counts: granted (granted)"))
    }

    @Test func aBanIsTracedWithWhatBecameOfIt() throws {
        let story = try Story()
        try story.begin(members: ["alice"])
        try story.append(.operatorCommand(.ban(alice, reason: "spam")))
        try story.append(.operatorCommand(.unban(alice)))
        try story.append(.operatorCommand(.unban(alice)))
        let chain = changes(try blame(story, "ban", alice.npub))
        #expect(chain.map { String($0.split(separator: ":").last ?? "") } == [" unchanged", " applied", " applied"])
        #expect(chain.last?.contains("(spam)") == true)
    }

    @Test(arguments: [
        (["colour", "x"], "there is no fact colour"), (["member"], "blame member needs KEY"),
        (["member", "nonsense"], "expected a public key"), (["session", "x"], "x is no session"),
        (["member", String(repeating: "0", count: 64), "--last", "0"], "--last 0 is not between"),
    ])
    func wrongUsageIsSaidSo(_ arguments: [String], _ message: String) throws {
        let story = try Story.day()
        let run = Tool.run(["blame", "--data", story.directory] + arguments)
        #expect(run.status == 64)
        #expect(run.complaint.contains(message), "\(run.complaint)")
    }

    @Test func anEmptyLogAndAPositionBeyondAreRefused() throws {
        let story = try Story()
        #expect(Tool.run("blame", "--data", story.directory, "policy").complaint.contains("the log is empty"))
        try story.begin()
        #expect(
            Tool.run("blame", "--data", story.directory, "policy", "--at", "999").complaint.contains("no entry 999"))
    }
}
