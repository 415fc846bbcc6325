import Nostr

/// A code with which somebody may join. The code itself is not kept, only its hash.
public struct Invite: Equatable, Sendable {
    /// SHA-256 of the code.
    public var hash: Bytes32
    /// Who asked for it; `nil` for the operator.
    public var inviter: PublicKey?
    /// What those who join become.
    public var role: Role
    /// How many may still join with it.
    public var uses: Int64
    /// When it ends, in seconds since 1970.
    public var expiresAt: Int64
    /// What the operator noted beside it.
    public var label: Text
    /// The position of the entry that made it.
    public var seq: UInt64

    /// Bytes of a label.
    public static let maximumLabelBytes = 200
    /// Bytes of a code that is looked at.
    public static let maximumCodeBytes = 256

    /// What is remembered of a code.
    public static func hash(of code: Text) -> Bytes32 { SHA256.hash(code.utf8) }
}

/// The codes with which somebody may join (NIP-43).
public struct Invites: Equatable, Sendable {
    /// Codes that are good at once.
    public static let maximumInvites = 10_000

    /// The codes that were not used up, in the order in which they were made. Some may have expired.
    public private(set) var all: [Invite] = []

    /// No codes.
    public init() {}

    /// The invite with that code; `nil` for a code that was never made, or is used up or forgotten.
    subscript(code: Text) -> Invite? {
        let hash = Invite.hash(of: code)
        return all.first { $0.hash == hash }
    }

    var isFull: Bool { all.count >= Invites.maximumInvites }

    mutating func insert(_ invite: Invite) { all.append(invite) }

    /// Takes one use away.
    mutating func use(_ hash: Bytes32) {
        guard let index = all.firstIndex(where: { $0.hash == hash }) else { return }
        all[index].uses -= 1
        if all[index].uses <= 0 { all.remove(at: index) }
    }

    /// Takes a code back, however often it was made; `false` when there is none of that hash.
    mutating func revoke(_ hash: Bytes32) -> Bool {
        let count = all.count
        all.removeAll { $0.hash == hash }
        return all.count < count
    }

    /// Takes back what a key made: it is no member any more.
    mutating func revoke(by key: PublicKey) { all.removeAll { $0.inviter == key } }

    /// How long an expired code is still known as such, in seconds: who comes late learns why.
    private static let memorySeconds: Int64 = 86_400

    mutating func forget(before seconds: Int64) {
        all.removeAll { $0.expiresAt + Invites.memorySeconds <= seconds }
    }
}

extension Invites: StateCodable {
    func encode(to encoder: inout StateEncoder) {
        encoder.count(all.count)
        for invite in all {
            encoder.key(invite.hash)
            encoder.flag(invite.inviter != nil)
            encoder.key(invite.inviter ?? .zero)
            encoder.byte(invite.role.rawValue)
            encoder.number(invite.uses)
            encoder.number(invite.expiresAt)
            encoder.data(invite.label.utf8)
            encoder.number(invite.seq)
        }
    }

    init(from decoder: inout StateDecoder) throws(StateDecodingError) {
        for _ in 0..<(try decoder.count(limit: Invites.maximumInvites)) {
            let hash = try decoder.key()
            let hasInviter = try decoder.flag()
            let inviter = try decoder.key()
            let raw = try decoder.byte()
            guard let role = Role(rawValue: raw) else { throw .badValue(UInt64(raw)) }
            all.append(
                Invite(
                    hash: hash, inviter: hasInviter ? inviter : nil, role: role, uses: try decoder.signed(),
                    expiresAt: try decoder.signed(),
                    label: Text(validUTF8: try decoder.data(limit: Invite.maximumLabelBytes)),
                    seq: try decoder.number()))
        }
    }
}
