import Nostr

/// What every rule may look at besides its own state.
struct Context: Equatable, Sendable {
    /// The relay's key: the author of everything that it signs.
    var relay: PublicKey
    /// The version of the rules in force.
    var rules: RulesVersion
    /// The settings in force.
    var policy: Policy
    /// The position of the entry that put them in force.
    var policySeq: UInt64
    /// The version of a comparison, which judges instead of the one in force. Never part of an encoded state.
    var hypothesis: RulesVersion?

    /// The version that judges.
    var judging: RulesVersion { hypothesis ?? rules }
    /// Whether only the rules of WIRE.md's base judge.
    var isSprout: Bool { hypothesis == .sprout }
}
