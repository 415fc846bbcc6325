import Testing

@testable import Nostr

/// Sets with a seed. Few seconds and few different first bytes of ids: most events have neighbours that are hard to tell
/// apart.
struct RandomItems {
    var generator: SeededGenerator
    /// An id has one time.
    private var used: Set<EventID> = []

    init(seed: UInt64) { generator = SeededGenerator(state: seed) }

    mutating func item(seconds: UInt64 = 40) -> EventIdentity {
        var id = Bytes32.zero
        repeat {
            var bytes = [UInt8](repeating: 0, count: 32)
            let common = Int(generator.next() % 32)
            for index in common..<32 { bytes[index] = UInt8(truncatingIfNeeded: generator.next()) }
            id = bytes.withUnsafeBytes { Bytes32($0) }
        } while !used.insert(id).inserted
        return EventIdentity(createdAt: 1_700_000_000 + generator.next() % seconds, id: id)
    }

    mutating func items(_ count: Int) -> Set<EventIdentity> {
        var items: Set<EventIdentity> = []
        while items.count < count { items.insert(item()) }
        return items
    }
}

/// What a whole reconciliation comes to.
struct Reconciliation {
    var have: [EventID] = []
    var need: [EventID] = []
    var rounds = 0
    var longestAnswer = 0

    init(
        _ mine: Set<EventIdentity>, _ theirs: Set<EventIdentity>, frames: (mine: Int, theirs: Int) = (4_096, 4_096)
    ) throws {
        let initiator = NegentropyInitiator(NegentropySet(mine), frameBytes: frames.mine)
        let responder = NegentropyResponder(NegentropySet(theirs), frameBytes: frames.theirs)
        var message: [UInt8]? = initiator.firstMessage
        while let question = message {
            rounds += 1
            try #require(rounds < 10_000, "it never ends")
            #expect(question.count <= frames.mine)
            let answer = try responder.reply(to: question)
            longestAnswer = max(longestAnswer, answer.count)
            let lesson = try initiator.learn(from: answer)
            have += lesson.have
            need += lesson.need
            message = lesson.next
        }
    }
}
