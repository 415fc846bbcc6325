/// What an entry is (AUDIT.md, "NRL1").
public enum EntryType: UInt8, Sendable, CaseIterable {
    /// Genesis, rules and policy.
    case configuration = 0
    /// A command of the relay's operator.
    case operatorCommand = 1
    /// An event as a client sent it.
    case clientEvent = 2
    /// A change of the membership.
    case membershipEffect = 3
    /// What was decided about a request.
    case decision = 4
    /// An event that the relay signed.
    case relayEvent = 5
    /// Sessions and deliveries.
    case session = 6
    /// The erasure of an earlier entry's payload.
    case erasure = 7
    /// A tick, a snapshot point, a restart.
    case mark = 8
}

/// The bits of a leaf's `flags`; the others are 0.
public enum LeafFlags {
    /// The payload may be erased on request.
    public static let erasable: UInt8 = 1
    /// The payload is encrypted under a key that can be dropped.
    public static let encrypted: UInt8 = 2

    static let known = erasable | encrypted
}
