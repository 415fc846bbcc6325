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
}
