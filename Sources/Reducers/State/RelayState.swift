import Log
import Nostr

/// The whole state that decisions depend on.
///
/// A value: `apply(_:at:)` is the only thing that changes it, and it depends on nothing but the value and its arguments.
public struct RelayState: Equatable, Sendable {
    /// Whose log this is; `nil` before entry 0.
    public internal(set) var origin: String?
    /// The relay's key, the policy in force and its position.
    var context: Context
    /// Who belongs.
    public internal(set) var membership = Membership()
    /// The latest note of each reporter.
    public internal(set) var discovery = Discovery()
    /// How calls ended.
    public internal(set) var signaling = Signaling()
    /// The codes with which somebody may join.
    public internal(set) var invites = Invites()
    /// Who and what is shut out, and how the relay presents itself.
    public internal(set) var moderation = Moderation()
    /// What the relay published of its log.
    public internal(set) var checkpoints = Checkpoints()
    /// Who is connected and listening.
    public internal(set) var sessions = Sessions()
    /// Rate windows and remembered ids.
    var limits = Limits()
    /// The position of the latest input.
    public internal(set) var position: Position?
    /// SHA-256 of the canonical encoding at the latest type-8 entry; SHA-256("") until then (AUDIT.md, `state_root`).
    public internal(set) var stateRoot = MerkleTree.emptyRoot

    /// The state before entry 0.
    public init() {
        context = Context(relay: .zero, rules: .v1, policy: Policy(), policySeq: 0)
    }

    /// The settings in force.
    public var policy: Policy { context.policy }
    /// The position of the entry that put them in force.
    public var policySeq: UInt64 { context.policySeq }
    /// The version of the rules that the log has in force.
    public var rules: RulesVersion { context.rules }
    /// The version that judges here: the one in force, or that of a comparison.
    public var judgingRules: RulesVersion { context.judging }
    /// The relay's key.
    public var relay: PublicKey { context.relay }

    /// Applies one input and returns what it comes to.
    ///
    /// - Parameter position: the input's own position; its outputs take the positions right after it.
    @discardableResult
    public mutating func apply(_ input: Input, at position: Position) -> Transition {
        var recorder = NoRecorder()
        return apply(input, at: position, recorder: &recorder)
    }

    mutating func apply<R: CheckRecorder>(
        _ input: Input, at position: Position, recorder: inout R
    ) -> Transition {
        self.position = position
        switch input {
        case .genesis(let genesis):
            origin = genesis.origin
            context.relay = genesis.relay
            return Transition()
        case .policy(let policy, let rules):
            return apply(policy, rules, at: position)
        case .operatorCommand(let command):
            return apply(command, at: position, recorder: &recorder)
        case .management(let body, let authorization):
            return decideCall(body, authorization, at: position, recorder: &recorder)
        case .event(let event, let session, let door):
            return apply(event, session: session, door: door, at: position, recorder: &recorder)
        case .authenticated(let event, let session):
            return authenticate(event, session: session, at: position)
        case .inviteRequested(let session, let code):
            return invite(session: session, code: code, at: position, recorder: &recorder)
        case .listening(let session, let keys):
            sessions.listen(session: session, to: keys, at: position.seq)
            return Transition()
        case .closed(let session, _):
            sessions.close(session: session)
            return Transition()
        case .delivered, .dropped, .disclosed, .erasure:
            return Transition()
        case .tick:
            let events = discovery.emptyStale(at: position, context: context)
            return mark(Transition(outputs: events.map(Output.event)), at: position)
        case .snapshotPoint:
            return mark(Transition(), at: position)
        case .restart:
            sessions.closeAll()
            return mark(Transition(), at: position)
        case .checkpoint(let note):
            let event = checkpoints.publish(note, origin: origin ?? "", at: position, by: context.relay)
            return mark(Transition(outputs: [.event(event)]), at: position)
        }
    }

    /// Every type-8 entry forgets what time has passed, and pins the whole state.
    private mutating func mark(_ transition: Transition, at position: Position) -> Transition {
        limits.forget(before: position.time)
        discovery.forget(before: position.seconds)
        invites.forget(before: position.seconds)
        stateRoot = StateEncoder.hash(encode)
        return transition
    }

    private mutating func apply(_ policy: Policy, _ rules: RulesVersion, at position: Position) -> Transition {
        var transition = Transition()
        if policy.dialect != context.policy.dialect {
            transition.outputs = discovery.emptyAll(at: position, context: context).map(Output.event)
        } else if policy.requireMembership {
            // Discovery never offers a peer that the gate would refuse, now that the relay is not open any more.
            let strangers = discovery.notes.map(\.reporter).filter { membership[$0] == nil }
            transition.outputs = strangers.compactMap { key in
                discovery.empty(key, at: position, context: context).map(Output.event)
            }
        }
        limits.changeFreshness(from: context.policy, to: policy, at: position)
        context.policy = policy
        // Only a forged entry names another kind of version, and its payload is refused before it comes here.
        if rules.canBeInForce { context.rules = rules }
        context.policySeq = position.seq
        let strangers = Set(sessions.all.flatMap(\.keys).filter { !isAdmitted($0) }.map(\.seq))
        transition.ended = sessions.close { strangers.contains($0.seq) }
        return transition
    }
}

extension RelayState {
    /// The first byte of an encoded state: what a later layout would change.
    static let codecVersion: UInt8 = 3
    private static let maximumOriginBytes = 1024

    /// The canonical encoding: what `state_root` hashes and a snapshot stores. The root itself is not part of it.
    public func encoded() -> [UInt8] {
        var encoder = StateEncoder()
        encode(to: &encoder)
        return encoder.bytes
    }

    private func encode(to encoder: inout StateEncoder) {
        encoder.byte(RelayState.codecVersion)
        encoder.flag(position != nil)
        encoder.number(position?.seq ?? 0)
        encoder.number(position?.time ?? 0)
        encoder.data(Array((origin ?? "").utf8))
        encoder.key(context.relay)
        encoder.data(context.policy.payload(rules: context.rules))
        encoder.number(context.policySeq)
        membership.encode(to: &encoder)
        discovery.encode(to: &encoder)
        invites.encode(to: &encoder)
        moderation.encode(to: &encoder)
        checkpoints.encode(to: &encoder)
        encoder.number(signaling.granted)
        encoder.number(signaling.refused)
        sessions.encode(to: &encoder)
        limits.encode(to: &encoder)
    }

    /// A snapshot: the root, which shows damage, and the encoding.
    public var snapshot: [UInt8] {
        let bytes = encoded()
        return SHA256.hash(bytes).bytes + bytes
    }

    /// Reads a snapshot.
    ///
    /// - Throws: for bytes that are no encoded state of this version. A snapshot is a cache: throw it away and replay.
    public init(snapshot: [UInt8]) throws {
        guard snapshot.count > Bytes32.count else { throw StateDecodingError.truncated }
        let bytes = Array(snapshot[Bytes32.count...])
        let root = SHA256.hash(bytes)
        guard root.bytes.elementsEqual(snapshot[..<Bytes32.count]) else { throw StateDecodingError.damaged }
        var decoder = StateDecoder(bytes)
        self.init()
        stateRoot = root
        let version = try decoder.byte()
        guard version == RelayState.codecVersion else { throw StateDecodingError.badValue(UInt64(version)) }
        let hasPosition = try decoder.flag()
        let position = Position(seq: try decoder.number(), time: try decoder.signed())
        self.position = hasPosition ? position : nil
        let origin = try decoder.data(limit: RelayState.maximumOriginBytes)
        self.origin = origin.isEmpty ? nil : String(decoding: origin, as: UTF8.self)
        context.relay = try decoder.key()
        (context.policy, context.rules) = try Policy.read(try decoder.data(limit: Policy.maximumPayloadBytes))
        context.policySeq = try decoder.number()
        membership = try Membership(from: &decoder)
        discovery = try Discovery(from: &decoder)
        invites = try Invites(from: &decoder)
        moderation = try Moderation(from: &decoder)
        checkpoints = try Checkpoints(from: &decoder)
        signaling.granted = try decoder.number()
        signaling.refused = try decoder.number()
        sessions = try Sessions(from: &decoder)
        limits = try Limits(from: &decoder)
        try decoder.finish()
    }
}
