import Nostr

/// What a membership command asks for, whoever asks.
public enum MembershipChange: Equatable, Sendable {
    case add(PublicKey, Role)
    case remove(PublicKey)
    case changeRole(PublicKey, Role)

    /// The key that the command is about.
    public var key: PublicKey {
        switch self {
        case .add(let key, _), .remove(let key), .changeRole(let key, _): key
        }
    }
}

extension MembershipChange {
    /// Reads the tags of a 9030, 9031 or 9032 (WIRE.md, "Membership").
    init(_ event: Event) throws(Refusal) {
        guard let target = event.tags.firstValue(of: "p") else { throw .commandMalformed("missing p tag") }
        guard let key = PublicKey(lowercasing: target) else {
            throw .commandMalformed("the p tag is not a public key of 64 hex characters")
        }
        if event.kind == .removeMember {
            self = .remove(key)
            return
        }
        let role: Role
        switch event.tags.firstValue(of: "role")?.string {
        case nil where event.kind == .addMember, "member": role = .member
        case "admin": role = .admin
        case nil: throw .commandMalformed("missing role tag")
        case .some: throw .commandMalformed("role must be admin or member")
        }
        self = event.kind == .addMember ? .add(key, role) : .changeRole(key, role)
    }
}

extension PublicKey {
    /// Reads 64 hex characters of either case; `nil` for anything else.
    init?(lowercasing text: Text) {
        let lower = text.utf8.map { (0x41...0x46).contains($0) ? $0 | 0x20 : $0 }
        guard let key = lower.withUnsafeBytes({ PublicKey(hex: $0) }) else { return nil }
        self = key
    }
}
