import Nostr

extension Kind {
    /// Commands of owner and admins about the membership.
    public var isMembershipCommand: Bool {
        switch self {
        case .addMember, .removeMember, .changeRole: true
        default: false
        }
    }

    /// Events that can change the membership: commands, joins and leaves. Each has a decision.
    public var changesMembership: Bool {
        isMembershipCommand || self == .joinRequest || self == .leaveRequest
    }

    /// Kinds whose every arrival is a decision of its own: their ids are remembered by the rules.
    public var isDecided: Bool { self == .meshConnectRequest || changesMembership }

    /// Kinds that act for their author, who therefore has to be an authenticated key of the session.
    public var actsForAuthor: Bool { isDecided && self != .joinRequest || self == .meshStatusReport }

    /// Kinds that only the relay publishes (WIRE.md, "30621 mesh status").
    public var isRelayOnly: Bool {
        switch self {
        case .meshStatus, .callMeNow, .membershipList, .memberAdded, .memberRemoved, .inviteRequest, .logCheckpoint:
            true
        default: false
        }
    }
}
