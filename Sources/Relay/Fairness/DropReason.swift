/// What each reason means for which something is turned away before the log. `/metrics` and docs/operating.md say it, too.
///
/// Reasons that are not here are the codes of refusals, which are told to the client in words.
enum DropReason {
    static let meanings: [(reason: String, meaning: String)] = [
        ("connections", "no room for another connection (maximum_connections)"),
        ("address_connections", "too many connections of one address (maximum_connections_per_address)"),
        ("connection_rate", "too many new connections of one address (connections_per_second_per_address)"),
        ("address_blocked", "the address is blocked (NIP-86 blockip)"),
        ("stranger_evicted", "a connection that had not authenticated made room for a new one (maximum_connections)"),
        ("request_timeout", "an HTTP request did not arrive in time (http_seconds)"),
        ("answer_timeout", "an HTTP answer was not read in time"),
        ("request_malformed", "bytes that are no HTTP request, or headers that are too large"),
        ("request_too_large", "an HTTP body above maximum_message_bytes"),
        ("request_rate_of_address", "too many HTTP requests of one address (requests_per_second_per_address)"),
        ("unauthenticated_timeout", "no key was proved in time (authentication_seconds)"),
        ("unauthenticated_bytes", "too much was sent before a key was proved (maximum_stranger_bytes)"),
        ("auth_invalid", "an AUTH event that proves nothing"),
        ("too_many_faults", "too many bad signatures, AUTH events or messages on one connection (maximum_faults)"),
        ("not_authenticated", "asked for something before a key was proved"),
        ("not_member", "a proved key that is no member's"),
        ("invalid_event", "an event whose id or signature is wrong"),
        ("unreadable_message", "a message that cannot be read"),
        ("message_too_large", "a message above maximum_message_bytes"),
        ("broken_framing", "frames that RFC 6455 forbids, or too many fragments"),
        ("unfinished_bytes", "too many bytes of messages that were not finished, over all connections"),
        ("ping_timeout", "a connection that no longer answered pings (ping_seconds)"),
        ("event_rate", "a key published too fast (events_per_second, event_burst)"),
        ("too_many_subscriptions", "a subscription above maximum_subscriptions"),
        ("too_many_filters", "a request above maximum_filters"),
        ("too_many_reconciliations", "a reconciliation above maximum_syncs"),
        ("reconciliations_full", "no room for another reconciliation"),
        ("reconciliation_too_big", "a reconciliation above maximum_sync_events"),
        ("slow_query", "a query above query_seconds"),
        ("answer_too_large", "an HTTP answer that would be too large"),
        ("slow_reader", "a client that did not read what it asked for (maximum_backlog_bytes)"),
        ("http_unauthorized", "an HTTP request without a good NIP-98 authorization"),
        ("authorization_used", "a NIP-98 authorization that was used before"),
        ("authorizations_full", "too many NIP-98 authorizations at once"),
        ("invalid_filter", "an HTTP query whose filters cannot be read"),
        ("invalid_range", "a range of entries that cannot be read"),
        ("not_auditor", "asked for payloads of the log without the right to"),
        ("overloaded", "more than the sequencer could take (maximum_queue)"),
        ("log_unwritable", "what would have been logged while the log could not be written"),
        ("request_rate", "a member asked for calls too fast (policy)"),
        ("target_rate", "a member was called too fast (policy)"),
        ("report_rate", "a member reported too fast (policy)"),
        ("command_rate", "a key gave commands too fast (policy)"),
        ("deleted", "an event that its author had deleted"),
        ("invite_invalid", "an invite code that is not good"),
    ]

    /// What a reason means.
    static func meaning(of reason: String) -> String {
        meanings.first { $0.reason == reason }?.meaning ?? "the refusal of this name (docs/protocol.md)"
    }
}
