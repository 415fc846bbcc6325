import Nostr

/// The events that announce a change of the membership (NIP-43).
extension Membership {
    /// The whole list: kind 13534, with a strictly increasing `created_at`.
    mutating func listEvent(by relay: PublicKey, at position: Position) -> UnsignedEvent {
        listCreatedAt = max(position.seconds, listCreatedAt + 1)
        var tags: [[Text]] = [["-"]]
        tags.reserveCapacity(members.count + 1)
        for member in members {
            tags.append(["member", Text(member.key.hex), Text(member.role.name)])
        }
        return UnsignedEvent(pubkey: relay, createdAt: listCreatedAt, kind: .membershipList, tags: tags, content: "")
    }

    /// One addition or removal: kind 8000 or 8001; `nil` for a change of role, which the list alone announces.
    static func announcement(
        of effect: MembershipEffect, by relay: PublicKey, at position: Position
    ) -> UnsignedEvent? {
        let kind: Kind
        switch effect.change {
        case .add: kind = .memberAdded
        case .remove: kind = .memberRemoved
        case .change: return nil
        }
        return UnsignedEvent(
            pubkey: relay, createdAt: position.seconds, kind: kind,
            tags: [["-"], ["p", Text(effect.key.hex)]], content: "")
    }
}
