import Foundation
import Log
import Nostr
import Testing

@testable import Reducers

/// What a story happens in: the state, a clock that the story moves, and names that stand for keys. It treats what comes
/// in as the sequencer does, and `StoryChecks` looks at every entry that it makes.
final class StoryWorld {
    private static let start: Int64 = 1_780_500_000

    /// Everything that a command changes: `table` goes back to it.
    private struct Course {
        var state = RelayState()
        var clock = StoryWorld.start * Position.microsecondsPerSecond
        var lastTime: Int64 = 0
        var size: UInt64 = 0
        var sessions: [String: UInt64] = [:]
        var lastEvent: Event?
        var lastStep: (before: RelayState, input: Input, step: Step)?
        /// Ids of events that are served: the relay takes them in once.
        var served: Set<EventID> = []
        var checks = StoryChecks()
        /// Every entry so far.
        var entries: [(draft: Draft, time: Int64)] = []
    }

    private var course = Course()
    private var names: [(name: String, key: SecretKey)] = []
    private let relay: SecretKey

    init() {
        relay = StoryWorld.makeKey("relay")
        names = [("relay", relay)]
        let genesis = Genesis(
            origin: "story/1", relay: relay.publicKey, verifierKey: "story", relaySignature: relay.sign(.zero),
            logSignature: [])
        _ = append(.genesis(genesis))
        _ = append(.policy(Policy(), .current))
    }

    var state: RelayState { course.state }
    /// Every entry so far, in order, and the log's time at each.
    var entries: [(draft: Draft, time: Int64)] { course.entries }
    /// The wall clock in seconds, which may be behind the log's time.
    var now: Int64 { course.clock / Position.microsecondsPerSecond }

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

    /// The position that names a session of the story; `nil` before it was authenticated.
    func session(_ name: String) -> UInt64? { course.sessions[name] }

    // MARK: Commands

    /// Runs one command, which may have several lines.
    func run(_ lines: [String]) throws -> [String] {
        if lines[0].hasPrefix("table ") { return try StoryTable(lines, world: self).told() }
        return try lines.flatMap(run)
    }

    func run(_ line: String) throws -> [String] {
        let words = StoryLine(line)
        switch words.verb {
        case "repeat": return try runRepeated(words)
        case "quietly": return try runQuietly(words)
        case "clock", "state", "listens", "why": return inspect(words)
        default: return try submit(words).map(named)
        }
    }

    /// What the last of some commands would come to. Afterwards everything is as it was.
    func attempt(_ lines: String...) throws -> Transition {
        let saved = course
        defer { course = saved }
        for line in lines { _ = try submit(StoryLine(line)) }
        return try #require(course.lastStep).step.transition
    }

    /// `repeat N COMMAND`: counts the answers instead of printing each.
    private func runRepeated(_ words: StoryLine) throws -> [String] {
        let count = try #require(Int(words[1]))
        let command = words.text(from: 2)
        var answers: [(text: String, count: Int)] = []
        for number in 1...count {
            let line = command.replacingOccurrences(of: "#", with: "\(number)")
            let first = try run(line).first ?? ""
            let text = first.hasPrefix("@") ? String(first.drop { $0 != " " }.dropFirst()) : first
            if let index = answers.firstIndex(where: { $0.text == text }) {
                answers[index].count += 1
            } else {
                answers.append((text, 1))
            }
        }
        return answers.map { "\($0.count) × \($0.text)" }
    }

    /// `quietly COMMAND`: the answer and the entries' positions, without what they say.
    private func runQuietly(_ words: StoryLine) throws -> [String] {
        let first = course.size
        let answer = try run(words.text(from: 1)).first ?? ""
        return [course.size - first > 1 ? answer + " (entries \(first) to \(course.size - 1))" : answer]
    }

    private func inspect(_ words: StoryLine) -> [String] {
        let printer = StoryPrinter(world: self)
        switch words.verb {
        case "clock":
            course.clock += words.microseconds(1)
            return ["\(printer.seconds(course.clock - StoryWorld.start * 1_000_000)) s since the story began"]
        case "listens":
            let seq = state.sessions.listening(to: key(words[1]).publicKey)
            return [seq.map { "since entry \($0)" } ?? "nobody listens"]
        case "why":
            guard let (before, input, step) = course.lastStep else { return [] }
            return printer.checks(before.explain(input, at: step.position).checks).map(named)
        default:
            return printer.state(words.optional(1)).map(named)
        }
    }

    // MARK: Taking in

    /// Does what the sequencer does with an input: some things are answered and never logged.
    private func submit(_ words: StoryLine) throws -> [String] {
        let input = try input(words)
        switch input {
        case .event(let event, let session, _):
            course.lastEvent = event
            let isStrangersGuess = session == nil && event.kind == .joinRequest && !state.knowsInvite(of: event)
            if isStrangersGuess, state.membership[event.pubkey] == nil {
                let refusal = Refusal.inviteInvalid
                return ["not logged, refused \(refusal.code): \(refusal.message)"]
            }
            if let refusal = state.turnsAway(event, at: max(course.clock, course.lastTime)) {
                return ["not logged, refused \(refusal.code): \(refusal.message)"]
            }
            if course.served.contains(event.id) {
                return ["not logged, accepted: duplicate: already have this event"]
            }
        case .authenticated(let event, let session):
            if let refusal = state.admission(of: event, session: session).refusal {
                return ["not logged, refused \(refusal.code): \(refusal.message)"]
            }
            if session == nil { course.sessions[words[1]] = course.size }
        default:
            break
        }
        return StoryPrinter(world: self).lines(of: append(input))
    }

    private func input(_ words: StoryLine) throws -> Input {
        switch words.verb {
        case "policy": return .policy(try words.policy(changing: state.policy), .current)
        case "operator": return .operatorCommand(try words.operatorCommand(self))
        case "session": return try words.session(self)
        case "manage": return try words.management(self)
        case "import": return .event(try StoryEvents(world: self).event(words), session: nil, door: .imported)
        case "nobody": return .event(try StoryEvents(world: self).event(words), session: nil)
        case "tick": return .tick
        case "restart": return .restart
        case "snapshot": return .snapshotPoint
        case "checkpoint": return .checkpoint(note: Text(words.text(from: 1)))
        case "again": return .event(try #require(course.lastEvent), session: session(words[1]) ?? 0)
        default: return .event(try StoryEvents(world: self).event(words), session: session(words.verb) ?? 0)
        }
    }

    private func append(_ input: Input) -> Step {
        let position = Position(seq: course.size, time: max(course.clock, course.lastTime))
        let before = state
        let salt = SHA256.hash(Array("salt \(course.size)".utf8))
        let step = course.state.step(input, at: position, salt: salt) { $0.signed(by: relay) }
        course.size += UInt64(step.drafts.count)
        course.lastTime = position.time
        course.entries += step.drafts.map { ($0, position.time) }
        course.lastStep = (before, input, step)
        if case .event(let event, _, _) = input, step.transition.storage == .served { course.served.insert(event.id) }
        course.checks.check(step, of: input, from: before, to: state, signedBy: relay)
        return step
    }
}
