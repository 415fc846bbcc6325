import Testing

@testable import Nostr

@Suite("Negentropy: messages byte by byte")
struct HostileMessageTests {
    static let set: NegentropySet = {
        var random = RandomItems(seed: 1)
        return NegentropySet(random.items(3_000))
    }()
    let responder = NegentropyResponder(Self.set, frameBytes: Negentropy.minimumFrameBytes)

    func fault(_ message: [UInt8]) -> String? {
        do throws(NegentropyError) {
            _ = try responder.reply(to: message)
            return nil
        } catch {
            return error.message
        }
    }

    @Test("The first message about nothing is the one that all software sends")
    func empty() throws {
        let nothing = NegentropySet([])
        #expect(NegentropyInitiator(nothing).firstMessage == [0x61, 0, 0, 2, 0])
        #expect(try NegentropyResponder(nothing).reply(to: [0x61, 0, 0, 2, 0]) == [0x61, 0, 0, 2, 0])
    }

    @Test("A list of one event, byte for byte")
    func layout() throws {
        let item = EventIdentity(createdAt: 300, id: Bytes32.zero)
        let other = EventIdentity(createdAt: 300, id: try #require(Bytes32([0, 9] + [UInt8](repeating: 1, count: 30))))
        let list = NegentropyInitiator(NegentropySet([item])).firstMessage
        #expect(list == [0x61, 0, 0, 2, 1] + item.id.bytes)
        let bound = NegentropyBound(between: item, and: other)
        #expect(bound.idBytes == 2)
        var writer = NegentropyWriter()
        writer.skip(to: bound)
        writer.skip(to: bound)
        // 301 is 2 · 128 + 45; the second time differs from it by 0.
        #expect(writer.bytes == [0x61, 0x82, 45, 2, 0, 9, 0, 1, 2, 0, 9, 0])
        var reader = NegentropyReader(Array(writer.bytes.dropFirst()))
        for _ in 0..<2 {
            #expect(try reader.bound() == bound)
            #expect(try reader.mode() == .skip)
        }
        #expect(reader.isAtEnd)
    }

    @Test("Another version is answered with this one")
    func versions() throws {
        for version: UInt8 in [0x60, 0x62, 0x6f, 0, 0xff] {
            #expect(try responder.reply(to: [version, 1, 2, 3]) == [0x61])
        }
        #expect(fault([]) == NegentropyError.empty.message)
        #expect(throws: NegentropyError.version(0x62)) { try NegentropyInitiator(Self.set).learn(from: [0x62]) }
    }

    @Test("Numbers have as few digits as possible, and 64 bits")
    func varints() throws {
        for value: UInt64 in [0, 1, 127, 128, 16_383, 16_384, 1 << 35, .max - 1, .max] {
            var bytes: [UInt8] = []
            NegentropyWriter.appendVarint(value, to: &bytes)
            var reader = NegentropyReader(bytes)
            #expect(try reader.varint() == value)
            #expect(reader.isAtEnd)
        }
        let limit = [UInt8](repeating: 0xff, count: 9) + [0x7f]
        for bytes: [UInt8] in [[], [0x80], [0x80, 1], [0xff], [0x82] + limit.dropFirst(), [0xff] + limit] {
            var reader = NegentropyReader(bytes)
            #expect(throws: NegentropyError.self, "\(bytes)") { try reader.varint() }
        }
    }

    @Test("What is not as the specification has it is refused with a reason")
    func refusals() {
        let huge = [UInt8](repeating: 0xff, count: 8) + [0x7f]
        let cases: [([UInt8], String)] = [
            ([0x61, 0], "too early"), ([0x61, 0, 0], "too early"), ([0x61, 0, 0, 1, 5], "too early"),
            ([0x61, 0, 0, 3], "no such mode"), ([0x61, 0, 0] + huge, "no such mode"),
            ([0x61, 5, 33] + [UInt8](repeating: 1, count: 33) + [0], "32 bytes"), ([0x61, 5] + huge, "32 bytes"),
            ([0x61, 0, 1, 7, 0], "has an id"), ([0x61, 0, 0, 2, 1], "more ids"), ([0x61, 0, 0, 2] + huge, "more ids"),
            ([0x61, 0, 0, 0, 0, 0, 0], "behind the last range"), ([0x61, 5, 1, 9, 0, 1, 1, 8, 0], "not in order"),
            ([0x61, 0x81, 0xff] + huge + [0, 0], "64 bits"),
        ]
        for (message, reason) in cases { #expect(fault(message)?.contains(reason) == true, "\(message)") }
    }

    @Test("Any beginning of a good message is refused or answered, and never crashes")
    func truncated() {
        let question = NegentropyInitiator(NegentropySet(Self.set.items.prefix(2_000))).firstMessage
        let list = NegentropyInitiator(NegentropySet(Self.set.items.prefix(31))).firstMessage
        for message in [question, list] {
            for count in 0...message.count { _ = fault(Array(message.prefix(count))) }
        }
        #expect(fault(list) == nil && fault(list.dropLast()) != nil)
    }

    @Test("Neither do five thousand messages with a few wrong bytes, and no answer is too long")
    func mutated() {
        var random = SeededGenerator(state: 11)
        let messages = [31, 500, 3_000].map {
            NegentropyInitiator(NegentropySet(Self.set.items.prefix($0))).firstMessage
        }
        var answered = 0
        for _ in 0..<5_000 {
            var message = messages[Int(random.next() % 3)]
            for _ in 0...random.next() % 3 {
                message[1 + Int(random.next() % UInt64(message.count - 1))] = UInt8(truncatingIfNeeded: random.next())
            }
            guard let answer = try? responder.reply(to: message) else { continue }
            answered += 1
            if answer.count > Negentropy.minimumFrameBytes { Issue.record("an answer has \(answer.count) bytes") }
        }
        #expect(answered > 500)
    }

    @Test("Thousands of ranges cost one search each, and their answer ends at its limit")
    func manyRanges() throws {
        var message: [UInt8] = [0x61]
        for _ in 0..<50_000 { message += [2, 0, 1] + [UInt8](repeating: 7, count: 16) }
        let empty = NegentropyResponder(NegentropySet([]))
        let started = ContinuousClock.now
        #expect(try responder.reply(to: message).count <= Negentropy.minimumFrameBytes)
        #expect(try empty.reply(to: message).count <= Negentropy.defaultFrameBytes)
        #expect(ContinuousClock.now - started < .seconds(2))
    }

    @Test("What a cut answer leaves out is asked for again")
    func cut() throws {
        let answer = try responder.reply(to: [0x61, 0, 0, 2, 0])
        #expect(answer.count <= Negentropy.minimumFrameBytes)
        let lesson = try NegentropyInitiator(NegentropySet([])).learn(from: answer)
        #expect(lesson.need.count > 100 && lesson.next != nil)
    }
}
