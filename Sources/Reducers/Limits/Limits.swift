import Nostr

/// What the relay remembers to keep anyone from asking too often: bounded, and forgotten by the log's time.
struct Limits: Equatable, Sendable {
    /// Connect requests by requester.
    var requests = RateWindows()
    /// Connect requests that passed every other check, by target.
    var calls = RateWindows()
    /// Status reports by reporter.
    var reports = RateWindows()
    /// Connect requests that were decided.
    var seenRequests = SeenIDs()
    /// Membership commands that were decided.
    var seenCommands = SeenIDs()

    /// Forgets everything that the log's time has passed.
    mutating func forget(before time: Int64) {
        requests.forget(before: time)
        calls.forget(before: time)
        reports.forget(before: time)
        seenRequests.forget(before: time)
        seenCommands.forget(before: time)
    }
}

extension Limits: StateCodable {
    func encode(to encoder: inout StateEncoder) {
        requests.encode(to: &encoder)
        calls.encode(to: &encoder)
        reports.encode(to: &encoder)
        seenRequests.encode(to: &encoder)
        seenCommands.encode(to: &encoder)
    }

    init(from decoder: inout StateDecoder) throws(StateDecodingError) {
        requests = try RateWindows(from: &decoder)
        calls = try RateWindows(from: &decoder)
        reports = try RateWindows(from: &decoder)
        seenRequests = try SeenIDs(from: &decoder)
        seenCommands = try SeenIDs(from: &decoder)
    }
}

extension RelayState {
    /// Entries that a window may hold beyond what it grants: a flood of refusals is logged up to here and then only
    /// counted. Nothing that follows in the same window could be decided differently.
    private static let loggedRefusalsPerGrant: Int64 = 2

    /// Whether an event is part of a flood that is not worth an entry: what it is told, or `nil` to log and decide it.
    public func turnsAway(_ event: Event, at time: Int64) -> Refusal? {
        switch event.kind {
        case .meshConnectRequest:
            let limit = policy.requestsPerSecond
            return limits.requests.current(event.pubkey, at: time) < limit * RelayState.loggedRefusalsPerGrant
                ? nil : .requestRate(limit)
        case .meshStatusReport:
            let limit = policy.reportsPerSecond
            return limits.reports.current(event.pubkey, at: time) < limit * RelayState.loggedRefusalsPerGrant
                ? nil : .reportRate(limit)
        default:
            return nil
        }
    }
}
