/// The steps of a packed payload (docs/log-format.md, "Packed payloads"): each is one byte and what belongs to it.
/// Bytes from `Codebook.firstCode` on are phrases, and from `shortText` on texts of 1 to 128 bytes.
enum PackedStep {
    /// A length (varint) and as many bytes.
    static let text: UInt8 = 0x01
    /// 32 bytes, which were 64 hex digits.
    static let hex32: UInt8 = 0x02
    /// 64 bytes, which were 128 hex digits.
    static let hex64: UInt8 = 0x03
    /// A number (varint), which was written in decimal.
    static let decimal: UInt8 = 0x04
    /// The number (varint) of a shared content.
    static let content: UInt8 = 0x05
    /// The number (varint) of a shared content of 32 bytes, which were 64 hex digits.
    static let key: UInt8 = 0x06
    /// This and the following: a text as long as the value above this, plus one.
    static let shortText: UInt8 = 0x80
    /// The longest text with its length in the step.
    static let shortTextMaximum = 128
}
