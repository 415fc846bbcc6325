import Nostr

/// Keys and events for tests: real keys, real signatures, the same in each run.
enum Samples {
    static let alice = key(1)
    static let bob = key(2)

    static func key(_ number: UInt8) -> SecretKey {
        guard let key = SecretKey([UInt8](repeating: 0, count: 31) + [number]) else { fatalError("not a key") }
        return key
    }

    static func unsigned(
        by key: SecretKey = alice, at time: Int64 = 1_700_000_000, kind: UInt16 = 1, tags: [[Text]] = [],
        content: Text = "hello"
    ) -> UnsignedEvent {
        UnsignedEvent(pubkey: key.publicKey, createdAt: time, kind: Kind(kind), tags: tags, content: content)
    }

    static func event(
        by key: SecretKey = alice, at time: Int64 = 1_700_000_000, kind: UInt16 = 1, tags: [[Text]] = [],
        content: Text = "hello"
    ) -> Event {
        unsigned(by: key, at: time, kind: kind, tags: tags, content: content).signed(by: key)
    }
}

/// The text of an event whose fields can be replaced one by one, in the order they are sent.
struct EventText {
    var fields: [(name: String, value: String)]

    init(_ event: Event = Samples.event(tags: [["p", "x"]])) {
        func text(_ range: Range<Int>) -> String { String(decoding: event.raw[range], as: UTF8.self) }
        fields = [
            ("id", "\"\(text(event.layout.id))\""), ("pubkey", "\"\(text(event.layout.pubkey))\""),
            ("created_at", text(event.layout.createdAt)), ("kind", text(event.layout.kind)),
            ("tags", text(event.layout.tags)), ("content", "\"\(text(event.layout.content))\""),
            ("sig", "\"\(text(event.layout.signature))\""),
        ]
    }

    var text: String { "{" + fields.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ",") + "}" }

    func value(of name: String) -> String { fields.first { $0.name == name }?.value ?? "" }

    func replacing(_ name: String, _ value: String) -> EventText {
        var copy = self
        for index in copy.fields.indices where copy.fields[index].name == name { copy.fields[index].value = value }
        return copy
    }

    func without(_ name: String) -> EventText {
        var copy = self
        copy.fields.removeAll { $0.name == name }
        return copy
    }

    func adding(_ name: String, _ value: String) -> EventText {
        var copy = self
        copy.fields.append((name, value))
        return copy
    }
}

/// Calls `body` with a copy of `bytes` in memory of exactly that size, so that an address sanitizer sees each byte read
/// beyond it.
func withExactCopy<R>(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { buffer.deallocate() }
    buffer.copyBytes(from: bytes)
    return try body(UnsafeRawBufferPointer(buffer))
}

/// A generator with a seed (SplitMix64), so that what fails once fails again.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
