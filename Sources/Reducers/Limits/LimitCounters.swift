import Nostr

/// What the limits remember at a point of the log, for whoever reads a state. Only what still counts there: windows that
/// have ended are left out, whether or not they were forgotten yet.
public struct LimitCounters: Equatable, Sendable {
    /// One open rate window.
    public struct Window: Equatable, Sendable {
        /// Whose attempts it counts.
        public var key: PublicKey
        /// When it opened, in microseconds since 1970.
        public var openedAt: Int64
        /// Attempts so far.
        public var count: Int64
    }

    /// Connect requests by requester, the oldest window first.
    public var requests: [Window]
    /// Calls by target.
    public var calls: [Window]
    /// Status reports by reporter.
    public var reports: [Window]
    /// Membership commands, joins and leaves by author.
    public var commands: [Window]
    /// Invite codes by who asked for them.
    public var invites: [Window]
    /// Connect requests whose ids are remembered.
    public var rememberedRequests: Int
    /// Membership commands whose ids are remembered.
    public var rememberedCommands: Int
}

extension RelayState {
    /// What the limits remember at this point.
    public var limitCounters: LimitCounters {
        let time = position?.time ?? 0
        return LimitCounters(
            requests: limits.requests.open(at: time), calls: limits.calls.open(at: time),
            reports: limits.reports.open(at: time), commands: limits.commands.open(at: time),
            invites: limits.invites.open(at: time), rememberedRequests: limits.seenRequests.remembered(at: time),
            rememberedCommands: limits.seenCommands.remembered(at: time))
    }
}

extension RateWindows {
    fileprivate func open(at time: Int64) -> [LimitCounters.Window] {
        order.compactMap { opening in
            guard let window = windows[opening.key], time < opening.time + duration else { return nil }
            return LimitCounters.Window(key: opening.key, openedAt: opening.time, count: window.count)
        }
    }
}

extension SeenIDs {
    fileprivate func remembered(at time: Int64) -> Int { order.count { time < $0.until } }
}
