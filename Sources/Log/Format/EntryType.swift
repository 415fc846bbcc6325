/// What kind of entry a leaf is (AUDIT.md, "NRL1").
public enum EntryType: UInt8, Sendable, CaseIterable {
    /// Genesis, rules and policy.
    case configuration = 0
    /// A command by whoever holds the machine.
    case operatorCommand = 1
    /// A signed event of a client.
    case clientEvent = 2
    /// A change of the membership.
    case membershipEffect = 3
    /// A decision on the request before it.
    case decision = 4
    /// An event that the relay signed.
    case relayEvent = 5
    /// A session, or a delivery.
    case session = 6
    /// An erasure.
    case erasure = 7
    /// A tick, a snapshot point, a restart.
    case mark = 8
}
