/// Why a filter is refused.
public enum FilterError: Error, Equatable, Sendable, CustomStringConvertible {
    /// It is not a filter as NIP-01 has it.
    case invalid(String)
    /// It asks for something that this relay does not have.
    case unsupported(String)

    /// The sentence for the client with the wire's prefix.
    public var message: String {
        switch self {
        case .invalid(let reason): ReplyPrefix.invalid.message(reason)
        case .unsupported(let reason): ReplyPrefix.unsupported.message(reason)
        }
    }

    /// The sentence for the client.
    public var description: String { message }
}
