/// The name a client gives to one of its subscriptions: 1 to 64 characters (NIP-01).
public struct SubscriptionID: Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public let text: Text

    /// `nil` unless there are 1 to `MessageLimits.maximumSubscriptionCharacters` Unicode scalars.
    public init?(_ text: Text) {
        // Every byte of UTF-8 that is not a continuation begins a scalar.
        let count = text.utf8.reduce(0) { $1 & 0xc0 == 0x80 ? $0 : $0 + 1 }
        guard (1...MessageLimits.maximumSubscriptionCharacters).contains(count) else { return nil }
        self.text = text
    }

    /// The name.
    public var description: String { text.string }
}
