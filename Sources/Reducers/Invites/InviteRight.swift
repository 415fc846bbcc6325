/// Who may ask the relay for invite codes.
public enum InviteRight: String, Sendable, CaseIterable {
    /// Nobody: only the operator's command line makes codes.
    case nobody
    case owner
    /// The owner and the admins.
    case admin
    /// Every member.
    case member

    /// Whether somebody with that role may.
    func includes(_ role: Role) -> Bool {
        switch self {
        case .nobody: false
        case .owner: role == .owner
        case .admin: role >= .admin
        case .member: true
        }
    }
}
