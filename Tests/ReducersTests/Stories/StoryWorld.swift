import Foundation
import Log
import Nostr
import Testing

@testable import Reducers

/// What a story happens in: the state, a clock that the story moves, and names that stand for keys.
///
/// After every command it checks what must hold in any story: positions without gaps, entries that commit to what they
/// should, payloads that come back as the same input, and a state that survives its encoding.
final class StoryWorld {
    private static let start: Int64 = 1_780_500_000

    private(set) var state = RelayState()
    private var clock = StoryWorld.start * Position.microsecondsPerSecond
    private var lastTime: Int64 = 0
    private var size: UInt64 = 0
    private var names: [(name: String, key: SecretKey)] = []
    private var sessions: [String: UInt64] = [:]
    private var lastEvent: Event?
    private let relay: SecretKey

    init() {
        relay = StoryWorld.makeKey("relay")
        names = [("relay", relay)]
        let genesis = Genesis(
            origin: "story/1", relay: relay.publicKey, verifierKey: "story", relaySignature: relay.sign(.zero),
            logSignature: [])
        _ = submit(.genesis(genesis))
        _ = submit(.policy(Policy(), .current))
    }

    private static func makeKey(_ name: String) -> SecretKey {
        var hash = SHA256.hash(Array("ringdown story \(name)".utf8))
        while true {
            if let key = SecretKey(hash.bytes) { return key }
            hash = SHA256.hash(hash.bytes)
        }
    }

    func key(_ name: String) -> SecretKey {
        if let known = names.first(where: { $0.name == name }) { return known.key }
        let key = StoryWorld.makeKey(name)
        names.append((name, key))
        return key
    }

    /// Names instead of keys.
    func named(_ text: String) -> String {
        names.reduce(text) { text, entry in
            text.replacingOccurrences(of: entry.key.publicKey.hex, with: entry.name)
                .replacingOccurrences(of: entry.key.publicKey.shortNpub, with: entry.name)
        }
    }

    // MARK: Commands

    func run(_ line: String) throws -> [String] {
        let words = try StoryLine(line)
        if words.verb == "repeat" { return try runRepeated(words) }
        guard let input = try input(words) else { return inspect(words) }
        return submit(input)
    }

    /// `repeat N COMMAND`: counts the answers instead of printing each.
    private func runRepeated(_ words: StoryLine) throws -> [String] {
        let count = try #require(Int(words[1]))
        let command = words.text(from: 2)
        var answers: [(text: String, count: Int)] = []
        for number in 1...count {
            let line = command.replacingOccurrences(of: "#", with: "\(number)")
            let first = try run(line).first.map { String($0.drop { $0 != " " }.dropFirst()) } ?? ""
            if let index = answers.firstIndex(where: { $0.text == first }) {
                answers[index].count += 1
            } else {
                answers.append((first, 1))
            }
        }
        return answers.map { "\($0.count) × \($0.text)" }
    }

    private func input(_ words: StoryLine) throws -> Input? {
        switch words.verb {
        case "policy": return .policy(try policy(words), .current)
        case "operator": return .operatorCommand(try operatorCommand(words))
        case "tick": return .tick
        case "restart": return .restart
        case "snapshot": return .snapshotPoint
        case "session": return try session(words)
        case "again": return .event(try #require(lastEvent), session: sessions[words[1]] ?? 0)
        case "clock", "state", "listens", "project": return nil
        default:
            let event = try StoryEvents(world: self, now: clock / Position.microsecondsPerSecond).event(words)
            lastEvent = event
            return .event(event, session: sessions[words.verb] ?? 0)
        }
    }

    private func policy(_ words: StoryLine) throws -> Policy {
        var policy = state.policy
        for (name, value) in words.options {
            switch name {
            case "dialect": policy.dialect = try #require(Dialect(rawValue: value))
            case "open": policy.requireMembership = value != "true"
            default:
                try #require(policy[setting: name] != nil, "no setting \(name)")
                policy[setting: name] = Int64(value)
            }
        }
        return policy
    }

    private func operatorCommand(_ words: StoryLine) throws -> OperatorCommand {
        let subject = key(words[2]).publicKey
        let role = Role(name: words.optional(3) ?? "member")
        return switch words[1] {
        case "owner": .setOwner(subject)
        case "add": .membership(.add(subject, try #require(role)))
        case "role": .membership(.changeRole(subject, try #require(role)))
        default: .membership(.remove(subject))
        }
    }

    private func session(_ words: StoryLine) throws -> Input {
        let id = sessions[words[1]]
        switch words[2] {
        case "auth":
            if id == nil { sessions[words[1]] = size }
            let auth = UnsignedEvent(
                pubkey: key(words[3]).publicKey, createdAt: clock / Position.microsecondsPerSecond,
                kind: .clientAuthentication, tags: [["relay", "ws://story"], ["challenge", "story"]], content: "")
            return .authenticated(auth.signed(by: key(words[3])), session: id)
        case "listens":
            return .listening(session: try #require(id), keys: words.rest(from: 3).map { key($0).publicKey })
        default:
            return .closed(session: try #require(id), reason: "closed by the client")
        }
    }

    private func inspect(_ words: StoryLine) -> [String] {
        switch words.verb {
        case "clock":
            clock += words.seconds(1) * Position.microsecondsPerSecond
            return ["\(clock / Position.microsecondsPerSecond - StoryWorld.start) s since the story began"]
        case "listens":
            let seq = state.sessions.listening(to: key(words[1]).publicKey)
            return [seq.map { "since entry \($0)" } ?? "nobody listens"]
        default:
            return StoryPrinter(world: self).state(words.optional(1)).map(named)
        }
    }

    // MARK: Applying

    private func submit(_ input: Input) -> [String] {
        let position = Position(seq: size, time: max(clock, lastTime))
        let before = state
        let salt = SHA256.hash(Array("salt \(size)".utf8))
        if case .event(let event, _) = input, let refusal = state.turnsAway(event, at: position.time) {
            return ["not logged, refused \(refusal.code): \(refusal.message)"]
        }
        let step = state.step(input, at: position, salt: salt) { $0.signed(by: relay) }
        size += UInt64(step.drafts.count)
        lastTime = position.time
        check(step, from: before)
        return StoryPrinter(world: self).lines(of: step).map(named)
    }

    private func check(_ step: Step, from before: RelayState) {
        let first = step.drafts[0]
        #expect(step.drafts.count == 1 + step.transition.outputs.count, "an entry for the input and for each output")
        #expect(first.membersRoot == before.membership.root, "a leaf commits to the members before it")
        #expect(first.stateRoot == before.stateRoot)
        #expect(step.drafts.dropFirst().allSatisfy { $0.type.isOutput })
        var replayed = before
        do {
            let input = try first.payload.withUnsafeBytes { try Input(type: first.type, payload: $0) }
            let transition = replayed.apply(try #require(input), at: step.position)
            #expect(transition == step.transition, "what is read back from the log decides the same")
            #expect(replayed == state)
            #expect(try RelayState(snapshot: state.snapshot) == state.pinned, "a snapshot is the whole state")
        } catch {
            Issue.record("entry \(step.position.seq): \(error)")
        }
    }
}

extension RelayState {
    /// The state with its own root: what a snapshot of it reads back as.
    fileprivate var pinned: RelayState {
        var copy = self
        copy.stateRoot = SHA256.hash(encoded())
        return copy
    }
}
