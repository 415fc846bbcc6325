import Nostr

/// How a key stands before the gate.
struct Seat: Equatable {
    /// The key that asked to pass.
    var key: PublicKey
    /// Its membership; `nil` for a key that passes only because the relay is open, or not at all.
    var member: Member?
    /// Whether the relay is open to keys that are no members.
    var isOpen: Bool
    /// The position of the policy that says so.
    var policySeq: UInt64
    /// The position of the entry that banned the key; `nil` when it is not banned.
    var bannedSeq: UInt64?

    /// Whether the gate lets the key through.
    var isAdmitted: Bool { bannedSeq == nil && (member != nil || isOpen) }

    /// What the gate saw, for `why`.
    var fact: Fact {
        if let bannedSeq { return Fact("\(key.shortNpub) is banned", basis: bannedSeq) }
        if let member { return Fact("\(key.shortNpub) is \(member.role.name)", basis: member.since) }
        if isOpen { return Fact("\(key.shortNpub) is not a member, but the relay is open", basis: policySeq) }
        return Fact("\(key.shortNpub) is not a direct member")
    }
}

extension RelayState {
    /// The gate's one door: requester, target and reporter all pass through here (DESIGN.md, "The gate has one door").
    func seat(of key: PublicKey) -> Seat {
        Seat(
            key: key, member: membership[key], isOpen: !context.policy.requireMembership, policySeq: context.policySeq,
            bannedSeq: moderation[key]?.seq)
    }
}
