/// The machine-readable words that begin the text of OK and CLOSED (NIP-01, NIP-42, NIP-43).
public enum ReplyPrefix: String, Sendable, CaseIterable {
    /// The event is here already.
    case duplicate
    /// The proof of work does not suffice (NIP-13).
    case pow
    /// This author or address is not welcome.
    case blocked
    /// Too much in too short a time.
    case rateLimited = "rate-limited"
    /// Not as the protocol has it.
    case invalid
    /// Not allowed to this key.
    case restricted
    /// Nobody would see it.
    case mute
    /// Something failed on this side.
    case error
    /// Only after a NIP-42 authentication.
    case authRequired = "auth-required"
    /// This relay does not do that.
    case unsupported
    /// Done, and there is something to know.
    case info

    /// The whole text: "invalid: event id does not match its content".
    public func message(_ text: String) -> String { "\(rawValue): \(text)" }
}
