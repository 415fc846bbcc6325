import Testing

@testable import Nostr

/// What an event says, whatever its spelling.
private struct Meaning: Equatable {
    let id: EventID
    let pubkey: PublicKey
    let createdAt: Int64
    let kind: Kind
    let tags: [[Text]]
    let content: Text
    let signature: Signature

    init(_ event: Event) {
        id = event.id
        pubkey = event.pubkey
        createdAt = event.createdAt
        kind = event.kind
        tags = event.tags.map(Array.init)
        content = event.content
        signature = event.signature
    }
}

@Suite("Damaged events")
struct EventMutationTests {
    private let compact = Samples.event(tags: [["p", "ab"], ["t", "é", ""]], content: "a\"b\\\n🙂").raw

    /// The same event with white space and escapes: a spelling in which some changes of a byte change nothing.
    private var loose: [UInt8] {
        let text = EventText(Samples.event(tags: [["p", "ab"], ["t", "é", ""]], content: "a\"b\\\n🙂"))
            .replacing("tags", "[ [\"p\",\"a\\u0062\"],\t[\"t\" ,\"\\u00e9\",\"\"] ]")
            .replacing("content", "\"a\\u0022b\\\\\\n\\ud83d\\uDE42\"")
        return Array(text.text.utf8)
    }

    /// The event in `bytes`, if it is accepted with id and signature.
    private func accepted(_ bytes: [UInt8]) -> Event? {
        withExactCopy(bytes) { buffer in
            guard let event = try? Event.parse(buffer), (try? event.verify()) != nil else {
                return nil
            }
            return event
        }
    }

    @Test("Every truncation is refused")
    func truncations() {
        for raw in [compact, loose] {
            #expect(accepted(raw) != nil)
            for count in raw.indices {
                withExactCopy(Array(raw[..<count])) { bytes in
                    _ = #expect(throws: EventError.self, "first \(count) bytes") { try Event.parse(bytes) }
                }
            }
            for count in 1..<raw.count {
                withExactCopy(Array(raw[count...])) { bytes in
                    _ = #expect(throws: EventError.self, "last \(raw.count - count) bytes") { try Event.parse(bytes) }
                }
            }
        }
    }

    @Test("In a compact event no byte can be changed to any other")
    func changesOfACompactEvent() {
        for position in compact.indices {
            for byte in UInt8.min...UInt8.max where byte != compact[position] {
                var changed = compact
                changed[position] = byte
                if accepted(changed) != nil { Issue.record("byte \(byte) at \(position) is accepted") }
            }
        }
    }

    @Test("In any other spelling a change of a byte is refused or changes only the spelling")
    func changesOfALooseEvent() throws {
        let good = try #require(accepted(loose))
        let original = Meaning(good)
        // The digits of hex have but one spelling, which the compact event shows.
        let hex = [good.layout.id, good.layout.pubkey, good.layout.signature]
        var harmless = 0
        for position in loose.indices where !hex.contains(where: { $0.contains(position) }) {
            for byte in UInt8.min...UInt8.max where byte != loose[position] {
                var changed = loose
                changed[position] = byte
                guard let event = accepted(changed) else { continue }
                harmless += 1
                #expect(Meaning(event) == original, "byte \(byte) at \(position)")
                #expect(event.raw == changed)
            }
        }
        // Each of the 4 characters of white space can be any of 3 others, and each of the 5 letters among the hex
        // digits of escapes can be of the other case.
        #expect(harmless == 4 * 3 + 5)
    }

    @Test("Removing, inserting, doubling and swapping bytes is refused or changes only the spelling")
    func randomDamage() throws {
        let original = Meaning(try #require(accepted(loose)))
        var generator = SeededGenerator(state: 20_260_101)
        for _ in 0..<20_000 {
            var changed = loose
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let position = Int.random(in: 0..<changed.count, using: &generator)
                let other = Int.random(in: 0..<changed.count, using: &generator)
                switch Int.random(in: 0..<6, using: &generator) {
                case 0: changed.remove(at: position)
                case 1: changed.insert(UInt8.random(in: 0...255, using: &generator), at: position)
                case 2: changed[position] = UInt8.random(in: 0...255, using: &generator)
                case 3: changed.swapAt(position, other)
                case 4: changed.replaceSubrange(position..<max(position, other), with: [])
                default: changed.insert(contentsOf: changed[min(position, other)..<max(position, other)], at: position)
                }
                if changed.isEmpty { break }
            }
            guard let event = accepted(changed) else { continue }
            #expect(Meaning(event) == original, "\(String(decoding: changed, as: UTF8.self))")
        }
    }
}
