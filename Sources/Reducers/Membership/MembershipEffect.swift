import Nostr

/// A change of the membership: what a type-3 entry says.
public struct MembershipEffect: Equatable, Sendable {
    /// What happened to the key.
    public enum Change: Equatable, Sendable {
        case add(Role)
        case remove
        case change(Role)
    }

    /// The key whose membership changes.
    public var key: PublicKey
    /// What happens to it.
    public var change: Change
}
