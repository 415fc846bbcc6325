/// Where the parts of an event are in its raw bytes.
///
/// Storage uses it to keep hex as bytes and long contents once, and still give back the exact text.
public struct EventLayout: Sendable, Equatable {
    var idStart: UInt32 = 0
    var pubkeyStart: UInt32 = 0
    var signatureStart: UInt32 = 0
    var contentPart = EventPart()
    var createdAtPart = EventPart()
    var kindPart = EventPart()
    var tagsPart = EventPart()

    /// The 64 hex digits of the id, without quotes.
    public var id: Range<Int> { Int(idStart)..<Int(idStart) + 64 }
    /// The 64 hex digits of the author's key, without quotes.
    public var pubkey: Range<Int> { Int(pubkeyStart)..<Int(pubkeyStart) + 64 }
    /// The 128 hex digits of the signature, without quotes.
    public var signature: Range<Int> { Int(signatureStart)..<Int(signatureStart) + 128 }
    /// The content as it is escaped, without quotes.
    public var content: Range<Int> { contentPart.range }
    /// The array of tags with its brackets.
    public var tags: Range<Int> { tagsPart.range }
    /// The digits of `created_at`.
    public var createdAt: Range<Int> { createdAtPart.range }
    /// The digits of the kind.
    public var kind: Range<Int> { kindPart.range }
}

/// A range of an event's raw bytes, usually a string in it, in eight bytes.
struct EventPart: Equatable, Sendable {
    var start: UInt32 = 0
    private var lengthAndFlags: UInt32 = 0

    private static let escapes: UInt32 = 1 << 31
    private static let notCanonical: UInt32 = 1 << 30
    private static let flags = escapes | notCanonical

    init() {}

    /// Offsets are below `EventLimits.maximumBytes`, far below what the flags leave.
    init(_ range: Range<Int>) {
        start = UInt32(truncatingIfNeeded: range.lowerBound)
        lengthAndFlags = UInt32(truncatingIfNeeded: range.count)
    }

    /// The string's range, moved `base` bytes to the front.
    init(_ string: JSONString, base: Int) {
        self.init(string.range.lowerBound &- base..<string.range.upperBound &- base)
        if string.hasEscapes { lengthAndFlags |= Self.escapes }
        if !string.isCanonical { lengthAndFlags |= Self.notCanonical }
    }

    var count: Int { Int(lengthAndFlags & ~Self.flags) }
    var range: Range<Int> { Int(start)..<(Int(start) &+ count) }
    /// Whether the string has escapes.
    var hasEscapes: Bool { lengthAndFlags & Self.escapes != 0 }
    /// Whether the raw bytes are NIP-01's canonical form as they stand.
    var isCanonical: Bool { lengthAndFlags & Self.notCanonical == 0 }

    /// The bytes as they stand.
    @inline(__always)
    func slice(of raw: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: raw[range])
    }

    /// The string with its escapes resolved.
    func decoded(from raw: UnsafeRawBufferPointer) -> [UInt8] {
        guard hasEscapes else { return Array(slice(of: raw)) }
        var output: [UInt8] = []
        output.reserveCapacity(count)
        JSONEscape.appendDecoded(raw, range, to: &output)
        return output
    }

    /// Calls `body` with the string, escapes resolved; copies only if there are any.
    @inline(__always)
    func withDecoded<R, E: Error>(
        from raw: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        guard hasEscapes else { return try body(slice(of: raw)) }
        return try decoded(from: raw).withBytes(body)
    }

    /// Whether the string, escapes resolved, is `literal`.
    @inline(__always)
    func equals(_ literal: StaticString, in raw: UnsafeRawBufferPointer) -> Bool {
        withDecoded(from: raw) { literal.equals($0, 0..<$0.count) }
    }
}
