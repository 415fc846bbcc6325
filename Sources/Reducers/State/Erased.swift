import Nostr

/// Going on past entries whose payloads were erased (docs/design/erasure.md).
///
/// What may be erased changes nothing that lasts: rate windows, remembered ids and notes, all of which are forgotten
/// within `memoryMicroseconds` (see `ErasureMemory`). After that a replay without it has the same state as the relay had with it.
extension RelayState {
    /// How long something that may be erased can matter, in microseconds of the log's time.
    public var memoryMicroseconds: Int64 {
        let policy = context.policy
        let freshness = 2 * (max(policy.requestFreshnessSeconds, policy.commandFreshnessSeconds) + 1)
        let notes = 3 * policy.noteLifetimeSeconds
        return max(freshness, notes) * Position.microsecondsPerSecond
    }

    /// Between two inputs that are so far apart, in microseconds, a note can outlive its time.
    var jumpMicroseconds: Int64 { context.policy.noteLifetimeSeconds * Position.microsecondsPerSecond }

    /// Takes an erased input's place in the log.
    ///
    /// - Parameter decision: the decision that followed it, if there was one.
    public mutating func skip(erasedAt position: Position, decision: Decision?) {
        self.position = position
        guard let decision, decision.kind == .meshConnectRequest else { return }
        signaling.count(decision.outcome, 1)
    }

    /// Counts a request by what the log says of it, where what was computed stands on less than the relay knew.
    public mutating func adopt(_ recorded: Decision.Outcome, insteadOf computed: Decision.Outcome) {
        signaling.count(computed, -1)
        signaling.count(recorded, 1)
    }

    /// Takes over the root that the log pinned at a mark, where what was erased shortly before keeps it from being computed.
    public mutating func adopt(pinnedRoot root: Bytes32) { stateRoot = root }

    /// Whether both ends of a call pass the gate here.
    public func admits(_ requester: PublicKey, _ target: PublicKey) -> Bool {
        seat(of: requester).isAdmitted && seat(of: target).isAdmitted
    }
}

extension Signaling {
    fileprivate mutating func count(_ outcome: Decision.Outcome, _ change: Int64) {
        func changed(_ count: UInt64) -> UInt64 { UInt64(max(0, Int64(count) + change)) }
        if outcome == .granted { granted = changed(granted) } else { refused = changed(refused) }
    }
}
