/// A string that `JSONReader` has validated, as a range of the buffer it was read from. Nothing is copied until asked.
public struct JSONString: Sendable {
    /// The bytes between the quotes, escapes and all.
    public let range: Range<Int>
    /// Whether a backslash occurs; if not, the bytes in `range` are the string itself.
    public let hasEscapes: Bool
    /// Whether the bytes in `range` are exactly NIP-01's canonical form of the string: at most the seven short escapes.
    let isCanonical: Bool
    /// Whether the string holds a control character that has no short escape (see `ControlCharacters`).
    let hasControlCharacters: Bool

    /// Whether this string is `literal`, without allocating unless there are escapes.
    public func equals(_ literal: StaticString, in bytes: UnsafeRawBufferPointer) -> Bool {
        guard hasEscapes else { return literal.equals(bytes, range) }
        let decoded = decoded(from: bytes)
        return decoded.withUnsafeBytes { literal.equals($0, 0..<$0.count) }
    }

    /// The string with its escapes resolved, as UTF-8.
    public func decoded(from bytes: UnsafeRawBufferPointer) -> [UInt8] {
        guard hasEscapes else { return Array(UnsafeRawBufferPointer(rebasing: bytes[range])) }
        var output: [UInt8] = []
        output.reserveCapacity(range.count)
        JSONEscape.appendDecoded(bytes, range, to: &output)
        return output
    }

    /// The string with its escapes resolved.
    public func text(from bytes: UnsafeRawBufferPointer) -> Text {
        Text(validUTF8: decoded(from: bytes))
    }

    /// The string with its escapes resolved.
    public func string(from bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: decoded(from: bytes), as: UTF8.self)
    }

    /// The beginning of the string for use in an error message.
    func excerpt(from bytes: UnsafeRawBufferPointer) -> String {
        let longest = 32
        let scalars = string(from: bytes).unicodeScalars
        let shown = scalars.prefix(longest).map { $0.value < 0x20 ? "\u{fffd}" : Character($0) }
        return String(shown) + (scalars.count > longest ? "…" : "")
    }
}

extension StaticString {
    /// Whether the bytes in `range` are this literal.
    @inline(__always)
    func equals(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        guard range.count == utf8CodeUnitCount else { return false }
        for index in 0..<range.count where utf8Start[index] != bytes[range.lowerBound &+ index] { return false }
        return true
    }
}
