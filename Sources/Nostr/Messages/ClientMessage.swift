/// What a client says to a relay (NIP-01, NIP-42, NIP-45).
public enum ClientMessage: Equatable, Sendable {
    /// Publishes an event. Its id and signature have not been checked.
    case event(Event)
    /// Authenticates the session. The event's id and signature have not been checked.
    case auth(Event)
    /// Opens a subscription, or replaces the one of the same name. There is at least one filter.
    case request(subscription: SubscriptionID, filters: [Filter])
    /// Asks how many events there are. There is at least one filter.
    case count(subscription: SubscriptionID, filters: [Filter])
    /// Ends a subscription.
    case close(SubscriptionID)
}
