/// How a payload can be stored in less room. A hint: what is hashed and read back is always the exact payload, and a wrong
/// hint only costs room.
public struct PayloadShape: Equatable, Sendable {
    /// Ranges of 64 or 128 lower-case hex digits, which are stored as 32 or 64 bytes.
    public var hex: [Range<Int>]
    /// A long content that may come again: stored once, by its hash.
    public var shared: Range<Int>?
    /// The embedded event.
    public var document: Range<Int>?

    /// No hints, or these.
    public init(hex: [Range<Int>] = [], shared: Range<Int>? = nil, document: Range<Int>? = nil) {
        self.hex = hex
        self.shared = shared
        self.document = document
    }
}
