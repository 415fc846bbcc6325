/// What a member may do (WIRE.md, "Membership"). The raw values are those of the members tree (AUDIT.md, `members_root`).
public enum Role: UInt8, Sendable, CaseIterable, Comparable {
    case member = 1
    case admin = 2
    case owner = 3

    /// The word used on the wire: `member`, `admin` or `owner`.
    public var name: String {
        switch self {
        case .member: "member"
        case .admin: "admin"
        case .owner: "owner"
        }
    }

    /// The role of that name; `nil` for any other word.
    public init?(name: String) {
        guard let role = Role.allCases.first(where: { $0.name == name }) else { return nil }
        self = role
    }

    /// Orders roles by what they may do.
    public static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }
}
