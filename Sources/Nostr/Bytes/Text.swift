/// Valid UTF-8, compared and sorted by its bytes.
///
/// Swift's `String` compares by canonical equivalence: "é" written as one scalar equals "é" written as two. The wire,
/// the log and the reducers mean bytes (WIRE.md, "30621 mesh status"), so they use this.
public struct Text: Hashable, Comparable, Sendable {
    /// The bytes.
    public let utf8: [UInt8]

    /// `utf8` must be valid UTF-8: the JSON reader checks it, and a `String` always is.
    public init(validUTF8 utf8: [UInt8]) {
        self.utf8 = utf8
    }

    /// The UTF-8 of `string`.
    public init(_ string: String) {
        utf8 = Array(string.utf8)
    }

    /// Whether there are no bytes.
    public var isEmpty: Bool { utf8.isEmpty }

    /// As a Swift string.
    public var string: String { String(decoding: utf8, as: UTF8.self) }

    /// In the order of the bytes.
    public static func < (left: Text, right: Text) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

extension Text: ExpressibleByStringLiteral {
    /// The UTF-8 of the literal.
    public init(stringLiteral value: String) { self.init(value) }
}

extension Text: CustomStringConvertible {
    /// As a Swift string.
    public var description: String { string }
}
