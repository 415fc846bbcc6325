/// The kinds that this relay knows by name.
extension Kind {
    /// A user's profile (NIP-01).
    public static let metadata = Kind(0)
    /// A short text (NIP-01).
    public static let textNote = Kind(1)
    /// A list of followed keys (NIP-02).
    public static let contacts = Kind(3)
    /// An author's request to delete events (NIP-09).
    public static let deletion = Kind(5)

    /// A key was added to the membership (NIP-43), signed by the relay.
    public static let memberAdded = Kind(8_000)
    /// A key was removed from the membership (NIP-43), signed by the relay.
    public static let memberRemoved = Kind(8_001)
    /// The whole membership (NIP-43), signed by the relay.
    public static let membershipList = Kind(13_534)
    /// A request to join with an invite code (NIP-43).
    public static let joinRequest = Kind(28_934)
    /// A request for an invite code (NIP-43).
    public static let inviteRequest = Kind(28_935)
    /// A request to leave (NIP-43).
    public static let leaveRequest = Kind(28_936)

    /// An owner's or admin's command to add a member.
    public static let addMember = Kind(9_030)
    /// An owner's or admin's command to remove a member.
    public static let removeMember = Kind(9_031)
    /// An owner's command to change a member's role.
    public static let changeRole = Kind(9_032)

    /// What a member's mesh node serves now, from member to relay.
    public static let meshStatusReport = Kind(24_620)
    /// A member's request to be connected to another.
    public static let meshConnectRequest = Kind(24_621)
    /// "Dial this address now", from the relay to both ends.
    public static let callMeNow = Kind(24_622)
    /// The relay's projection of a status report, one per reporter.
    public static let meshStatus = Kind(30_621)
    /// A signed checkpoint of the relay's own log (C2SP tlog-checkpoint), signed by the relay once more.
    public static let logCheckpoint = Kind(30_622)

    /// Proves a session's identity (NIP-42).
    public static let clientAuthentication = Kind(22_242)
    /// Proves an HTTP request's identity (NIP-98).
    public static let httpAuthentication = Kind(27_235)
}
