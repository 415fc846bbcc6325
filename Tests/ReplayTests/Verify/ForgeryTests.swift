import Log
import Nostr
import Reducers
import Testing

@testable import Replay

/// Each test forges one thing with commitments and tree all in order, as somebody who holds the relay's machine could,
/// and says which entry gives it away.
@Suite struct ForgeryTests {
    /// A log in which alice may ask for bob, and the position of the request that comes next.
    private let story: Story
    private let alice: UInt64
    private let next: UInt64

    init() throws {
        story = try Story()
        try story.begin(members: ["alice", "bob", "carol"])
        alice = try story.connect("alice", listening: true)
        next = try story.log.read { $0.size }
    }

    /// Appends alice's request for somebody, forged, and returns the first divergence.
    private func forgedRequest(
        to target: String = "bob", _ forge: @escaping (inout [Draft]) -> Void
    ) throws -> Divergence? {
        try forged(.event(story.request(from: "alice", to: target), session: alice), forge)
    }

    private func forged(_ input: Input, _ forge: @escaping (inout [Draft]) -> Void) throws -> Divergence? {
        story.forge = { drafts, _ in forge(&drafts) }
        try story.append(input)
        story.forge = nil
        // What comes later is honest: the first divergence has to be found all the same.
        try story.append(.tick)
        try story.append(.event(story.sign("alice", kind: .textNote, content: "later"), session: alice))
        return try Verifier(story.log).run().divergence
    }

    private func edit(_ draft: inout Draft, _ old: String, _ new: String) {
        let text = String(decoding: draft.payload, as: UTF8.self)
        precondition(text.contains(old), "nothing to forge in \(text)")
        draft.payload = Array(text.replacing(old, with: new, maxReplacements: 1).utf8)
        draft.shape = PayloadShape()
        draft.event = nil
    }

    /// An event in the place of the one that a draft holds.
    private func replaceEvent(_ draft: inout Draft, with event: Event) {
        let text = String(decoding: draft.payload, as: UTF8.self)
        let head = text.prefix(upTo: text.firstRange(of: "\"event\":")?.upperBound ?? text.endIndex)
        draft.payload = Array(head.utf8) + event.raw + [UInt8(ascii: "}")]
        draft.shape = PayloadShape()
        draft.event = nil
    }

    @Test func nothingForgedNothingFound() throws {
        #expect(try forgedRequest { _ in } == nil)
    }

    // MARK: Headers

    @Test(arguments: 0...3)
    func aFlippedHeaderFieldIsFoundInEveryEntryOfAStep(_ offset: Int) throws {
        let other = SHA256.hash([1])
        let changes: [(Divergence.Aspect, (inout Draft) -> Void)] = [
            (.header, { $0.flags ^= 1 }),
            (.header, { $0.schema = 2 }),
            (.rules, { $0.rules = 0 }),
            (.membersRoot, { $0.membersRoot = other }),
            (.stateRoot, { $0.stateRoot = other }),
        ]
        for (aspect, change) in changes {
            let test = try ForgeryTests()
            let divergence = try test.forgedRequest { change(&$0[offset]) }
            #expect(divergence?.position == test.next + UInt64(offset))
            #expect(divergence?.aspect == aspect)
        }
    }

    @Test(arguments: 1...3)
    func aSaltThatDoesNotFollowFromTheInputsIsFound(_ offset: Int) throws {
        let divergence = try forgedRequest { $0[offset].salt = SHA256.hash([1]) }
        #expect(divergence?.position == next + UInt64(offset))
        #expect(divergence?.aspect == .salt)
    }

    @Test func anEntryOfAnotherTypeIsFound() throws {
        let divergence = try forgedRequest { $0[1].type = .membershipEffect }
        #expect(divergence?.position == next + 1)
        #expect(divergence?.aspect == .output)
    }

    @Test func membersThatAreNotYetMembersAreNotInTheRoot() throws {
        let root = story.state.membership.root
        let divergence = try forged(.operatorCommand(.membership(.add(Story.key("dave").publicKey, .member)))) {
            // The list after the effect commits to the members before it.
            $0[3].membersRoot = root
        }
        #expect(divergence?.position == next + 3)
        #expect(divergence?.aspect == .membersRoot)
    }

    // MARK: What came in

    @Test func aChangedEventBreaksItsSignature() throws {
        let divergence = try forgedRequest { edit(&$0[0], "bob-address", "eve-address") }
        #expect(divergence?.position == next)
        #expect(divergence?.aspect == .signature)
        #expect(divergence?.found == EventError.idMismatch.message)
    }

    @Test func aChangedSignatureIsFound() throws {
        let signature = story.request(from: "alice", to: "bob").signature.hex
        let divergence = try forgedRequest { edit(&$0[0], signature, Story.key("eve").sign(.zero).hex) }
        #expect(divergence?.position == next)
        #expect(divergence?.found == EventError.badSignature.message)
    }

    @Test func aProofOfIdentityIsCheckedAndHasToBeOne() throws {
        let note = story.sign("carol", kind: .textNote, content: "hello")
        let divergence = try forged(.authenticated(note, session: nil)) { _ in }
        #expect(divergence?.position == next)
        #expect(divergence?.expected.contains("22242") == true)
        let test = try ForgeryTests()
        let proof = test.story.sign("carol", kind: .clientAuthentication, tags: [["challenge", "1"]])
        let changed = try test.forged(.authenticated(proof, session: nil)) { test.edit(&$0[0], "\"1\"", "\"2\"") }
        #expect(changed?.position == test.next)
        #expect(changed?.aspect == .signature)
    }

    @Test func aRecordedAnswerThatTheRulesDoNotGiveIsFound() throws {
        let event = story.sign("alice", kind: .memberAdded)
        let divergence = try forged(.event(event, session: alice)) {
            edit(&$0[0], "\"answer\":\"restricted: relay-only kind\",", "")
        }
        #expect(divergence?.position == next)
        #expect(divergence?.aspect == .payload)
        #expect(divergence?.expected.contains("restricted: relay-only kind") == true)
    }

    @Test func aPayloadThatNoVersionWroteIsFound() throws {
        for (old, new) in [("{\"mark\"", "{ \"mark\""), ("tick", "tock"), ("\"}", "\",\"more\":1}")] {
            let test = try ForgeryTests()
            let divergence = try test.forged(.tick) { test.edit(&$0[0], old, new) }
            #expect(divergence?.position == test.next)
            #expect(divergence?.aspect == .payload)
        }
    }

    // MARK: What follows

    @Test(arguments: 1...3)
    func aMissingOutputIsFoundWhereItHadToBe(_ offset: Int) throws {
        let divergence = try forgedRequest { $0.remove(at: offset) }
        #expect(divergence?.position == next + UInt64(offset))
        #expect(divergence?.aspect == .output)
    }

    @Test func aRequestWithoutAnyDecisionIsFound() throws {
        let divergence = try forgedRequest { $0.removeLast(3) }
        #expect(divergence?.position == next + 1)
        #expect(divergence?.expected.hasPrefix("decision, granted") == true)
        #expect(divergence?.found.hasPrefix("tick, ") == true)
    }

    @Test func swappedEntriesAreFoundAtTheFirst() throws {
        let halves = try forgedRequest { $0.swapAt(2, 3) }
        #expect(halves?.position == next + 2)
        let test = try ForgeryTests()
        let decision = try test.forgedRequest { $0.swapAt(1, 2) }
        #expect(decision?.position == test.next + 1)
    }

    @Test func aRefusalForgedIntoAGrantIsFound() throws {
        let divergence = try forgedRequest(to: "stranger") {
            edit(&$0[1], "\"refused\"", "\"granted\"")
        }
        #expect(divergence?.position == next + 1)
        #expect(divergence?.aspect == .output)
        #expect(divergence?.expected.contains("refused") == true)
        #expect(divergence?.found.contains("granted") == true)
    }

    @Test func aGrantForgedWithBothCallsIsFound() throws {
        // Everything that a grant would have written, for somebody who is no member.
        var member = story.state
        member.apply(
            .operatorCommand(.membership(.add(Story.key("stranger").publicKey, .member))),
            at: Position(seq: next - 1, time: story.clock))
        let request = story.request(from: "alice", to: "stranger")
        let relay = story.relay
        let position = Position(seq: next, time: story.clock)
        let divergence = try forged(.event(request, session: alice)) { drafts in
            drafts =
                member.step(.event(request, session: alice), at: position, salt: drafts[0].salt) {
                    $0.signed(by: relay)
                }.drafts
        }
        // The members root of the request itself gives it away.
        #expect(divergence?.position == next)
        #expect(divergence?.aspect == .membersRoot)
    }

    @Test(arguments: [
        ("\"basis\":{\"policy\":1", "\"basis\":{\"policy\":2"), ("\"requester\":9", "\"requester\":8"),
        ("\"expires_at\":", "\"expires_at\":1"), ("\"rules\":1", "\"rules\":1,\"note\":\"x\""),
    ])
    func aDecisionForgedInAnyFieldIsFound(_ old: String, _ new: String) throws {
        let divergence = try forgedRequest { edit(&$0[1], old, new) }
        #expect(divergence?.position == next + 1)
        #expect(divergence?.aspect == .output)
    }

    @Test func anEventOfTheRelaySignedByAnotherKeyIsFound() throws {
        let eve = Story.key("eve")
        let divergence = try forgedRequest { drafts in
            let event = try? Event.parse(
                Array(drafts[2].payload.dropFirst(drafts[2].shape.document?.lowerBound ?? 0).dropLast()))
            guard let event else { return }
            let forged = UnsignedEvent(
                pubkey: eve.publicKey, createdAt: event.createdAt, kind: event.kind, tags: event.tags.map { Array($0) },
                content: event.content)
            replaceEvent(&drafts[2], with: forged.signed(by: eve))
        }
        #expect(divergence?.position == next + 2)
        #expect(divergence?.aspect == .output)
    }

    @Test func anEventInTheRelaysNameWithAnotherKeysSignatureIsFound() throws {
        let eve = Story.key("eve")
        let divergence = try forgedRequest { drafts in
            let event = try? Event.parse(
                Array(drafts[2].payload.dropFirst(drafts[2].shape.document?.lowerBound ?? 0).dropLast()))
            guard let event else { return }
            edit(&drafts[2], event.signature.hex, eve.sign(event.id).hex)
        }
        #expect(divergence?.position == next + 2)
        #expect(divergence?.aspect == .signature)
    }

    @Test func aCallThatTheRelaySignedForAnotherAddressIsFound() throws {
        let relay = story.relay
        let divergence = try forgedRequest { drafts in
            let event = try? Event.parse(
                Array(drafts[3].payload.dropFirst(drafts[3].shape.document?.lowerBound ?? 0).dropLast()))
            guard let event else { return }
            let forged = UnsignedEvent(
                pubkey: event.pubkey, createdAt: event.createdAt, kind: event.kind, tags: event.tags.map { Array($0) },
                content: Text(event.content.string.replacing("alice-address", with: "eves-address")))
            replaceEvent(&drafts[3], with: forged.signed(by: relay))
        }
        #expect(divergence?.position == next + 3)
        #expect(divergence?.aspect == .output)
        #expect(divergence?.found.contains("24622 call-me-now") == true)
    }

    @Test func anEffectOnAnotherKeyIsFound() throws {
        let (dave, eve) = (Story.key("dave").publicKey, Story.key("eve").publicKey)
        let divergence = try forged(.operatorCommand(.membership(.add(dave, .member)))) {
            edit(&$0[2], dave.hex, eve.hex)
        }
        #expect(divergence?.position == next + 2)
        #expect(divergence?.expected.contains(dave.shortNpub) == true)
        #expect(divergence?.found.contains(eve.shortNpub) == true)
    }

    // MARK: Entries by hand

    @Test(arguments: 1...3)
    func anOutputThatNothingCausedIsFound(_ offset: Int) throws {
        var copies: [Draft] = []
        story.forge = { drafts, _ in copies = [drafts[offset]] }
        try story.append(.event(story.request(from: "alice", to: "bob"), session: alice))
        story.forge = nil
        copies[0].event = nil
        let size = try story.log.read { $0.size }
        try story.appendByHand(copies)
        let divergence = try Verifier(story.log).run().divergence
        #expect(divergence?.position == size)
        #expect(divergence?.aspect == .output)
        #expect(divergence?.expected.hasPrefix("an input: nothing more follows") == true)
    }

    @Test func aSecondGenesisIsFound() throws {
        let divergence = try forged(.genesis(story.genesis())) { _ in }
        #expect(divergence?.position == next)
        #expect(divergence?.aspect == .genesis)
    }

    @Test func anEraseWithoutAnErasureIsFound() throws {
        let divergence = try forged(.tick) { $0[0].type = .erasure }
        #expect(divergence?.position == next)
        #expect(divergence?.aspect == .payload)
    }
}

/// Entry 0 has to be signed by both keys that it names.
@Suite struct GenesisForgeryTests {
    private func divergence(_ change: (Story, inout Genesis) -> Void) throws -> Divergence? {
        let story = try Story()
        var genesis = story.genesis()
        change(story, &genesis)
        try story.append(.genesis(genesis))
        try story.append(.policy(Policy(), .current))
        return try Verifier(story.log).run().divergence
    }

    @Test func anHonestOneIsGood() throws {
        #expect(try divergence { _, _ in } == nil)
    }

    @Test func aLogThatBeginsWithAnythingElseIsFound() throws {
        let story = try Story()
        try story.append(.policy(Policy(), .current))
        let divergence = try Verifier(story.log).run().divergence
        #expect(divergence?.position == 0)
        #expect(divergence?.aspect == .genesis)
    }

    @Test func bothSignaturesAndBothKeysAreChecked() throws {
        let other = LogKey.generate()
        let changes: [(Story, inout Genesis) -> Void] = [
            { $1.origin = "evil.example.com/mesh/1" },
            { $1.relay = Story.key("eve").publicKey },
            { $1.relaySignature = Story.key("eve").sign(Genesis.digest(ofStatement: $1.statement)) },
            { $1.logSignature = other.sign(Genesis.digest(ofStatement: $1.statement).bytes) },
            { $1.logSignature[0] ^= 1 },
            { $1.verifierKey = other.verifierKey(origin: $1.origin) },
            { $1.verifierKey = "not a key" },
            { story, genesis in
                // Another name in the log's key, signed by both keys all the same.
                genesis.verifierKey = story.logKey.verifierKey(origin: "evil.example.com/mesh/1")
                let digest = Genesis.digest(ofStatement: genesis.statement)
                genesis.relaySignature = story.relay.sign(digest)
                genesis.logSignature = story.logKey.sign(digest.bytes)
            },
        ]
        for change in changes {
            let found = try divergence(change)
            #expect(found?.position == 0)
            #expect(found?.aspect == .genesis)
        }
    }
}
