/// How large the parts of a client's message may be. The whole message is bounded where it comes in.
public enum MessageLimits {
    /// Most filters in one REQ, COUNT or HTTP query.
    public static let maximumFilters = 100
    /// Most characters (Unicode scalars) in a subscription's id (NIP-01).
    public static let maximumSubscriptionCharacters = 64
}
