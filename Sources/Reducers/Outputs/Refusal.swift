/// Why something was refused: one case for every refusal of WIRE.md, and its wire message in one place.
public enum Refusal: Error, Equatable, Sendable {
    // Every event, in the order in which it is checked.
    case notAuthenticated
    case authorMismatch
    case invalidEvent(String)
    case notMember
    case authorizationUsed
    case deleted
    case relayOnlyKind
    case neverPublished
    case unsupportedKind(String)
    case protectedEvent
    case tooFarInFuture(Int64)
    case expired
    case kindNotTaken(UInt16)
    case tooEasy(difficulty: Int, asked: Int64)
    case banned
    case delegationInvalid(String)
    case notImported(UInt16)

    // 24620
    case reporterDelegated
    case reportRate(Int64)
    case reportNotJSON(String)
    case reportLimit(String)
    case tooManyReporters

    // 24621
    case requestRate(Int64)
    case requestNotFresh(Int64)
    case requestReplayed
    case requestMalformed(String)
    case requestWithoutTarget
    case requestTargetMalformed
    case requestToSelf
    case requesterDelegated
    case targetNotMember
    case targetRate(Int64)

    // 9030, 9031, 9032
    case commandNotFresh(Int64)
    case commandReplayed
    case commandMalformed(String)
    case permissionDenied(Permission)
    case commandRate(Int64)
    case subjectNotMember
    case subjectBanned
    case membershipFull
    case ownerExists

    // 28934, 28935, 28936
    case joinMalformed(String)
    case inviteInvalid
    case inviteExpired
    case inviteNotAllowed
    case inviteRate(Int64)
    case invitesFull
    case leaveNeedsMember

    // NIP-86
    case managementMalformed(String)
    case managementUnknown(String)
    case listFull

    /// A memory or queue that has a limit has reached it: fail closed.
    case overloaded(String)

    /// Which line of the permission matrix said no.
    public enum Permission: String, Sendable, CaseIterable {
        case addNeedsAdmin = "add_needs_admin"
        case adminNeedsOwner = "admin_needs_owner"
        case removeNeedsAdmin = "remove_needs_admin"
        case removeSelf = "remove_self"
        case adminsByOwner = "admins_by_owner"
        case ownerStays = "owner_stays"
        case roleNeedsOwner = "role_needs_owner"
        case roleOfSelf = "role_of_self"
        case manageNeedsAdmin = "manage_needs_admin"
        case ownerLeaves = "owner_leaves"
    }
}

extension Refusal {
    /// A stable name for records, statistics and filters.
    public var code: String {
        switch self {
        case .notAuthenticated: "not_authenticated"
        case .authorMismatch: "author_mismatch"
        case .invalidEvent: "invalid_event"
        case .notMember: "not_member"
        case .authorizationUsed: "authorization_used"
        case .deleted: "deleted"
        case .relayOnlyKind: "relay_only_kind"
        case .neverPublished: "never_published"
        case .unsupportedKind: "unsupported_kind"
        case .protectedEvent: "protected_event"
        case .tooFarInFuture: "too_far_in_future"
        case .expired: "expired"
        case .kindNotTaken: "kind_not_taken"
        case .tooEasy: "too_easy"
        case .banned: "banned"
        case .delegationInvalid: "delegation_invalid"
        case .notImported: "not_imported"
        case .reporterDelegated: "reporter_not_direct_member"
        case .reportRate: "report_rate"
        case .reportNotJSON: "report_not_json"
        case .reportLimit: "report_limit"
        case .tooManyReporters: "too_many_reporters"
        case .requestRate: "request_rate"
        case .requestNotFresh: "request_not_fresh"
        case .requestReplayed: "request_replayed"
        case .requestMalformed: "request_malformed"
        case .requestWithoutTarget: "request_without_target"
        case .requestTargetMalformed: "request_target_malformed"
        case .requestToSelf: "request_to_self"
        case .requesterDelegated: "requester_not_direct_member"
        case .targetNotMember: "target_not_member"
        case .targetRate: "target_rate"
        case .commandNotFresh: "command_not_fresh"
        case .commandReplayed: "command_replayed"
        case .commandMalformed: "command_malformed"
        case .permissionDenied(let permission): permission.rawValue
        case .commandRate: "command_rate"
        case .subjectNotMember: "subject_not_member"
        case .subjectBanned: "subject_banned"
        case .membershipFull: "membership_full"
        case .ownerExists: "owner_exists"
        case .joinMalformed: "join_malformed"
        case .inviteInvalid: "invite_invalid"
        case .inviteExpired: "invite_expired"
        case .inviteNotAllowed: "invite_not_allowed"
        case .inviteRate: "invite_rate"
        case .invitesFull: "invites_full"
        case .leaveNeedsMember: "leave_needs_member"
        case .managementMalformed: "management_malformed"
        case .managementUnknown: "management_unknown"
        case .listFull: "list_full"
        case .overloaded: "overloaded"
        }
    }

    /// What the client is told, with its machine-readable prefix (NIP-01) and in the words of WIRE.md.
    public var message: String {
        switch self {
        case .notAuthenticated: "auth-required: not authenticated"
        case .authorMismatch: "invalid: event pubkey does not match authenticated identity"
        case .invalidEvent(let reason): "invalid: \(reason)"
        case .notMember: "restricted: not a relay member"
        case .deleted: "blocked: this event was deleted"
        case .authorizationUsed: "auth-required: this authorization was used before"
        case .relayOnlyKind: "restricted: relay-only kind"
        case .neverPublished: "invalid: this kind authenticates a connection or a request and is never published"
        case .unsupportedKind(let reason): "unsupported: \(reason)"
        case .protectedEvent: "restricted: this event may only be published by its author"
        case .tooFarInFuture(let seconds): "invalid: created_at is more than \(seconds) s in the future"
        case .expired: "invalid: the event has expired"
        case .kindNotTaken(let kind): "blocked: this relay takes no events of kind \(kind)"
        case .tooEasy(let difficulty, let asked):
            "pow: difficulty \(difficulty) is less than \(asked), which this relay asks for"
        case .banned: "blocked: this key is banned from this relay"
        case .delegationInvalid(let reason): "restricted: \(reason)"
        case .notImported(let kind): "invalid: events of kind \(kind) cannot be imported"
        case .reporterDelegated: "restricted: delegated identities cannot report mesh status in v1"
        case .reportRate(let limit): "rate-limited: mesh status report rate exceeded (\(limit)/sec)"
        case .reportNotJSON(let reason): "invalid: mesh status report content is not JSON (\(reason))"
        case .reportLimit(let reason): "invalid: mesh status report \(reason)"
        case .tooManyReporters: "rate-limited: too many mesh nodes report to this relay"
        case .requestRate(let limit): "rate-limited: mesh connect request rate exceeded (\(limit)/sec)"
        case .requestNotFresh(let seconds):
            "invalid: created_at of the mesh connect request is not within \(seconds) s of the relay's clock"
        case .requestReplayed: "duplicate: this mesh connect request was already decided"
        case .requestMalformed(let reason): "invalid: malformed mesh connect request (\(reason))"
        case .requestWithoutTarget: "invalid: mesh connect request missing #p target"
        case .requestTargetMalformed: "invalid: mesh connect request #p target is not 64 hex characters"
        case .requestToSelf: "invalid: cannot mesh-connect to self"
        case .requesterDelegated: "restricted: delegated identities cannot initiate mesh in v1"
        case .targetNotMember: "restricted: target is not a relay member"
        case .targetRate(let limit): "rate-limited: mesh connect requests to this target exceeded (\(limit)/sec)"
        case .commandNotFresh(let seconds):
            "invalid: created_at of a membership command must be within \(seconds) s of the relay's clock"
        case .commandReplayed: "duplicate: this membership command was already decided"
        case .commandMalformed(let reason): "invalid: malformed membership command (\(reason))"
        case .permissionDenied(let permission): "restricted: \(permission.text)"
        case .commandRate(let limit): "rate-limited: membership command rate exceeded (\(limit)/sec)"
        case .subjectBanned: "restricted: this key is banned; lift the ban first"
        case .subjectNotMember: "invalid: target is not a relay member"
        case .membershipFull: "error: the membership is full (\(Membership.maximumMembers) members)"
        case .ownerExists: "restricted: the relay already has an owner"
        case .joinMalformed(let reason): "invalid: malformed join request (\(reason))"
        case .inviteInvalid: "restricted: that is an invalid invite code"
        case .inviteExpired: "restricted: that invite code is expired"
        case .inviteNotAllowed: "restricted: you may not invite others to this relay"
        case .inviteRate(let limit): "rate-limited: more invite codes than \(limit) a day"
        case .invitesFull: "error: too many invite codes are in use (\(Invites.maximumInvites))"
        case .leaveNeedsMember: "restricted: not a relay member"
        case .managementMalformed(let reason): "invalid: malformed call (\(reason))"
        case .managementUnknown(let method): "unsupported: method \(method) is not offered; see supportedmethods"
        case .listFull: "error: the list is full (\(Moderation.maximumBans))"
        case .overloaded(let reason): "error: \(reason)"
        }
    }
}

extension Refusal.Permission {
    /// The rule that was broken, in words.
    var text: String {
        switch self {
        case .addNeedsAdmin: "only the owner or an admin can add members"
        case .adminNeedsOwner: "only the owner can grant admin"
        case .removeNeedsAdmin: "only the owner or an admin can remove members"
        case .removeSelf: "you cannot remove yourself"
        case .adminsByOwner: "only the owner can remove an admin"
        case .ownerStays: "the owner cannot be removed or demoted"
        case .roleNeedsOwner: "only the owner can change roles"
        case .roleOfSelf: "you cannot change your own role"
        case .manageNeedsAdmin: "only the owner or an admin can manage this relay"
        case .ownerLeaves: "the owner cannot leave"
        }
    }
}
