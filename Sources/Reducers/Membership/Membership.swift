import Log
import Nostr

/// A direct member of the community.
public struct Member: Equatable, Sendable {
    /// The member's key.
    public var key: PublicKey
    /// What the member may do.
    public var role: Role
    /// The position of the membership effect that gave this role.
    public var since: UInt64
}

/// Who belongs, and with which role.
public struct Membership: Equatable, Sendable {
    /// How many members a community can have.
    public static let maximumMembers = 100_000

    /// The members, sorted by key.
    public private(set) var members: [Member] = []
    /// The RFC 6962 root over the members (AUDIT.md, `members_root`): what every leaf commits to.
    public private(set) var root = MerkleTree.emptyRoot
    /// The `created_at` of the latest membership list that the relay signed, in seconds.
    var listCreatedAt: Int64 = 0

    /// Nobody belongs.
    public init() {}

    private func index(of key: PublicKey) -> (position: Int, found: Bool) {
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            if members[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return (low, low < members.count && members[low].key == key)
    }

    /// The member with that key; `nil` for anyone who is not a direct member.
    public subscript(key: PublicKey) -> Member? {
        let (position, found) = index(of: key)
        return found ? members[position] : nil
    }

    /// The owner; `nil` until one was set.
    public var owner: Member? { members.first { $0.role == .owner } }

    /// Carries out an effect; `seq` is the effect's own position.
    mutating func apply(_ effect: MembershipEffect, at seq: UInt64) {
        let (position, found) = index(of: effect.key)
        switch (effect.change, found) {
        case (.add(let role), false):
            members.insert(Member(key: effect.key, role: role, since: seq), at: position)
        case (.add(let role), true), (.change(let role), true):
            members[position].role = role
            members[position].since = seq
        case (.remove, true):
            members.remove(at: position)
        case (.change, false), (.remove, false):
            return
        }
        updateRoot()
    }

    private mutating func updateRoot() {
        root = MerkleTree.root(of: members.map { MerkleTree.leafHash($0.encoded) })
    }
}

extension Member {
    /// The bytes that the members tree is built over: key, role, position of the effect.
    public var encoded: [UInt8] {
        var encoder = StateEncoder()
        encoder.key(key)
        encoder.byte(role.rawValue)
        encoder.number(since)
        return encoder.bytes
    }
}

extension Membership: StateCodable {
    func encode(to encoder: inout StateEncoder) {
        encoder.number(listCreatedAt)
        encoder.count(members.count)
        for member in members {
            encoder.key(member.key)
            encoder.byte(member.role.rawValue)
            encoder.number(member.since)
        }
    }

    init(from decoder: inout StateDecoder) throws(StateDecodingError) {
        listCreatedAt = try decoder.signed()
        for _ in 0..<(try decoder.count(limit: Membership.maximumMembers)) {
            let key = try decoder.key()
            let raw = try decoder.byte()
            guard let role = Role(rawValue: raw) else { throw .badValue(UInt64(raw)) }
            members.append(Member(key: key, role: role, since: try decoder.number()))
        }
        updateRoot()
    }
}
