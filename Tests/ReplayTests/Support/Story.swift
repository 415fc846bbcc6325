import Foundation
import Log
import Nostr
import Reducers

/// A log that a test tells step by step, as a relay would write it: real signatures, a real directory, and a clock that
/// only the test moves.
final class Story {
    let directory: String
    let log: EventLog
    let relay = Story.key("relay")
    let logKey = LogKey.generate()
    private(set) var state = RelayState()
    /// Microseconds since 1970: 2026-01-02T03:04:05.678Z at the beginning.
    var clock: Int64 = 1_767_323_045_678_000
    /// Changes the entries of a step before they are appended: how a test forges a log.
    var forge: ((inout [Draft], Step) -> Void)?

    init() throws {
        directory = NSTemporaryDirectory() + "ringdown-replay-tests-\(UUID().uuidString)"
        log = try EventLog.open(directory: directory, mode: .readWrite, options: LogOptions(initialMapSize: 1 << 24))
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// The same key for the same name, in every run.
    static func key(_ name: String) -> SecretKey {
        guard let key = SecretKey(SHA256.hash(Array(name.utf8)).bytes) else { fatalError("no key for \(name)") }
        return key
    }

    /// Applies an input, appends it with what follows, and moves the clock on by a millisecond.
    @discardableResult
    func append(_ input: Input) throws -> Step {
        let batch = try log.beginBatch()
        let step = try append(input, to: batch)
        try batch.commit()
        return step
    }

    /// The same for many inputs in one commit, as under load.
    func append(_ inputs: [Input]) throws {
        let batch = try log.beginBatch()
        for input in inputs { _ = try append(input, to: batch) }
        try batch.commit()
    }

    private func append(_ input: Input, to batch: Batch) throws -> Step {
        let (seq, time) = batch.next(now: clock)
        let step = state.step(input, at: Position(seq: seq, time: time), salt: Randomness.bytes32()) {
            $0.signed(by: relay)
        }
        var drafts = step.drafts
        forge?(&drafts, step)
        for draft in drafts { _ = try batch.append(draft, time: time) }
        if case .snapshotPoint = input { try batch.storeSnapshot(seq: seq, bytes: state.snapshot) }
        clock += 1_000
        return step
    }

    /// Appends entries that nothing caused.
    func appendByHand(_ drafts: [Draft], at time: Int64? = nil) throws {
        let batch = try log.beginBatch()
        for draft in drafts { _ = try batch.append(draft, time: time ?? clock) }
        try batch.commit()
    }
}

extension Story {
    /// Genesis, policy, an owner, and members that the owner's command line added.
    func begin(_ policy: Policy = Policy(), members: [String] = []) throws {
        try append(.genesis(genesis()))
        try append(.policy(policy, .current))
        try append(.operatorCommand(.setOwner(Story.key("owner").publicKey)))
        for name in members {
            try append(.operatorCommand(.membership(.add(Story.key(name).publicKey, .member))))
        }
    }

    func genesis() -> Genesis {
        let origin = "relay.example.com/mesh/1"
        let vkey = logKey.verifierKey(origin: origin)
        let statement = Genesis.statement(origin: origin, relay: relay.publicKey, verifierKey: vkey)
        let digest = Genesis.digest(ofStatement: statement)
        return Genesis(
            origin: origin, relay: relay.publicKey, verifierKey: vkey, relaySignature: relay.sign(digest),
            logSignature: logKey.sign(digest.bytes))
    }

    /// Opens a session; returns its name.
    @discardableResult
    func connect(_ name: String, listening: Bool = false) throws -> UInt64 {
        let proof = sign(
            name, kind: .clientAuthentication, tags: [["relay", "wss://relay.example.com"], ["challenge", "c"]])
        let session = try append(.authenticated(proof, session: nil)).position.seq
        if listening { try append(.listening(session: session, keys: [Story.key(name).publicKey])) }
        return session
    }

    func sign(_ name: String, kind: Kind, tags: [[Text]] = [], content: Text = "", skew: Int64 = 0) -> Event {
        UnsignedEvent(
            pubkey: Story.key(name).publicKey, createdAt: clock / 1_000_000 + skew, kind: kind, tags: tags,
            content: content
        ).signed(by: Story.key(name))
    }

    /// A request of one member to be connected to another.
    func request(from name: String, to target: String, attempt: String = "a1", skew: Int64 = 0) -> Event {
        sign(
            name, kind: .meshConnectRequest, tags: [["p", Text(Story.key(target).publicKey.hex)]],
            content: Text(
                #"{"self_endpoint_addr":"\#(name)-address","peer_endpoint_addr":"\#(target)-address","attempt_id":"\#(attempt)"}"#
            ), skew: skew)
    }

    /// A status report of a node that serves one model.
    func report(from name: String, model: String) -> Event {
        sign(
            name, kind: .meshStatusReport,
            content: Text(#"{"token":"\#(name)-token","node_id":"\#(name)","hosted_models":["\#(model)"],"peers":[]}"#))
    }

    func command(_ kind: Kind, by name: String, on subject: String, role: Text? = nil) -> Event {
        let tags: [[Text]] = [["p", Text(Story.key(subject).publicKey.hex)]] + (role.map { [["role", $0]] } ?? [])
        return sign(name, kind: kind, tags: tags)
    }

    /// A day in a small community: everything that a log can hold.
    static func day() throws -> Story {
        let story = try Story()
        try story.begin(members: ["alice", "bob", "carol"])
        let alice = try story.connect("alice", listening: true)
        let bob = try story.connect("bob", listening: true)
        let owner = try story.connect("owner")
        try story.append(.event(story.report(from: "bob", model: "llama"), session: bob))
        let granted = try story.append(.event(story.request(from: "alice", to: "bob"), session: alice))
        for (seq, session) in zip(granted.events.map(\.seq), [alice, bob]) {
            try story.append(.delivered(Delivery(output: seq, written: [session], dropped: [])))
        }
        try story.append(.snapshotPoint)
        try story.append(.event(story.request(from: "alice", to: "carol", attempt: "a2"), session: alice))
        story.clock += 12_000_000
        try story.append(.event(story.command(.removeMember, by: "owner", on: "bob"), session: owner))
        story.clock += 12_000_000
        try story.append(.event(story.request(from: "alice", to: "bob", attempt: "a3"), session: alice))
        try story.append(.event(story.request(from: "alice", to: "alice", attempt: "a4"), session: alice))
        try story.append(.event(story.request(from: "alice", to: "carol", attempt: "a5", skew: -600), session: alice))
        try story.append(.event(story.sign("alice", kind: .textNote, content: "hello\nworld"), session: alice))
        try story.append(.event(story.sign("alice", kind: .memberAdded), session: alice))
        try story.append(.event(story.command(.addMember, by: "alice", on: "dave"), session: alice))
        try story.append(.event(story.command(.changeRole, by: "owner", on: "carol", role: "admin"), session: owner))
        try story.append(.event(story.command(.addMember, by: "owner", on: "carol"), session: owner))
        try story.append(.dropped(Dropped(counts: ["request_rate": 3], keys: [Story.key("alice").publicKey])))
        try story.append(.closed(session: alice, reason: "the client went away"))
        story.clock += 90_000_000
        try story.append(.event(story.report(from: "carol", model: "qwen"), session: owner))
        try story.append(.tick)
        try story.append(.restart)
        return story
    }
}
