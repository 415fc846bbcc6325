/// Where and why a text is not the JSON that was expected.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The offset of the first byte that does not fit, counted from the start of the buffer that is being read.
    public let offset: Int
    /// What was expected there, as a phrase without the offset.
    public let reason: String

    /// An error at `offset`; `reason` is a phrase such as "expected ','".
    public init(offset: Int, reason: String) {
        self.offset = offset
        self.reason = reason
    }

    /// The reason with the offset: "expected ',' or '}' at byte 17".
    public var description: String { "\(reason) at byte \(offset)" }
}
