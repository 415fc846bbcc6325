import Nostr

/// What the relay remembers to keep anyone from asking too often: bounded, and forgotten by the log's time.
struct Limits: Equatable, Sendable {
    /// Connect requests by requester.
    var requests = RateWindows()
    /// Connect requests that passed every other check, by target.
    var calls = RateWindows()
    /// Status reports by reporter.
    var reports = RateWindows()
    /// Membership commands, joins and leaves by author.
    var commands = RateWindows()
    /// Invite codes by who asked for them.
    var invites = RateWindows(duration: Limits.inviteWindowMicroseconds)
    /// Connect requests that were decided.
    var seenRequests = SeenIDs()
    /// Membership commands that were decided.
    var seenCommands = SeenIDs()
    /// Nothing signed before this is fresh, in seconds: what came earlier may have been decided and forgotten.
    var freshnessFloor: Int64 = .min

    /// How long a window for invite codes stays open: a day.
    static let inviteWindowMicroseconds: Int64 = 86_400 * Position.microsecondsPerSecond

    /// Forgets everything that the log's time has passed.
    mutating func forget(before time: Int64) {
        requests.forget(before: time)
        calls.forget(before: time)
        reports.forget(before: time)
        commands.forget(before: time)
        invites.forget(before: time)
        seenRequests.forget(before: time)
        seenCommands.forget(before: time)
    }
}

extension Limits: StateCodable {
    func encode(to encoder: inout StateEncoder) {
        requests.encode(to: &encoder)
        calls.encode(to: &encoder)
        reports.encode(to: &encoder)
        commands.encode(to: &encoder)
        invites.encode(to: &encoder)
        seenRequests.encode(to: &encoder)
        seenCommands.encode(to: &encoder)
        encoder.number(freshnessFloor)
    }

    init(from decoder: inout StateDecoder) throws(StateDecodingError) {
        requests = try RateWindows(from: &decoder)
        calls = try RateWindows(from: &decoder)
        reports = try RateWindows(from: &decoder)
        commands = try RateWindows(from: &decoder)
        invites = try RateWindows(from: &decoder, duration: Limits.inviteWindowMicroseconds)
        seenRequests = try SeenIDs(from: &decoder)
        seenCommands = try SeenIDs(from: &decoder)
        freshnessFloor = try decoder.signed()
    }
}

extension Limits {
    /// Prepares for other freshness windows. A longer one must not make fresh again what was decided and forgotten: ids
    /// are remembered for longer, and what is older than the memory reaches stays stale.
    mutating func changeFreshness(from old: Policy, to new: Policy, at position: Position) {
        let requests = new.requestFreshnessSeconds - old.requestFreshnessSeconds
        let commands = new.commandFreshnessSeconds - old.commandFreshnessSeconds
        if requests > 0 { seenRequests.prolong(by: 2 * requests) }
        if commands > 0 { seenCommands.prolong(by: 2 * commands) }
        guard requests > 0 || commands > 0 else { return }
        let reach = min(old.requestFreshnessSeconds, old.commandFreshnessSeconds)
        freshnessFloor = max(freshnessFloor, position.seconds - reach)
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
        case .addMember, .removeMember, .changeRole, .joinRequest, .leaveRequest, .httpAuthentication:
            let limit = policy.commandsPerSecond
            return limits.commands.current(event.pubkey, at: time) < limit * RelayState.loggedRefusalsPerGrant
                ? nil : .commandRate(limit)
        default:
            return nil
        }
    }
}
