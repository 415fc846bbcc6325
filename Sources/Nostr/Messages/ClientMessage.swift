/// What a client says to a relay (NIP-01, NIP-42, NIP-45, NIP-77).
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
    /// Begins a reconciliation with what the filter matches, or replaces the one of the same name. The message has not
    /// been read. Names of reconciliations have nothing to do with those of subscriptions.
    case negentropyOpen(subscription: SubscriptionID, filter: Filter, message: [UInt8])
    /// Goes on with a reconciliation. The message has not been read.
    case negentropyMessage(subscription: SubscriptionID, message: [UInt8])
    /// Ends a reconciliation.
    case negentropyClose(SubscriptionID)
}
