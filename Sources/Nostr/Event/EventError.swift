/// Why bytes are not a valid event.
public enum EventError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Not an event's JSON: what is wrong, and at which byte.
    case malformed(String)
    /// The id is not the hash of the other fields.
    case idMismatch
    /// The signature is not the author's over the id, or the author's key is not a point of the curve.
    case badSignature

    /// The sentence for the sender, without the wire's prefix: see `ReplyPrefix.invalid`.
    public var message: String {
        switch self {
        case .malformed(let reason): "malformed event: \(reason)"
        case .idMismatch: "event id does not match its content"
        case .badSignature: "event signature is not valid"
        }
    }

    /// The sentence for the sender.
    public var description: String { message }
}
