import Nostr

/// Whether a key may open a session, and for whose sake.
public enum Admission: Equatable, Sendable {
    /// The key is let in for itself: it is a direct member, or the relay is open.
    case direct
    /// A direct member vouches for it (NIP-OA). It may read and publish, and passes no mesh check.
    case delegated(by: PublicKey)
    case refused(Refusal)

    /// The refusal; `nil` when the key is let in.
    public var refusal: Refusal? {
        if case .refused(let refusal) = self { refusal } else { nil }
    }
}

extension RelayState {
    /// Whether the author of an AUTH event, or of the event that authorizes an HTTP request, may open a session.
    ///
    /// The relay asks before it logs an authentication, so that strangers cost the log nothing.
    public func admission(of event: Event, session: UInt64?) -> Admission {
        let admission = admission(of: event)
        guard admission.refusal == nil else { return admission }
        switch session {
        case nil where sessions.sessions.count >= Sessions.maximumSessions:
            return .refused(.overloaded("too many sessions, try again later"))
        case let id? where sessions[id] == nil:
            return .refused(.notAuthenticated)
        case let id? where (sessions[id]?.keys.count ?? 0) >= Sessions.maximumKeys:
            return .refused(.overloaded("too many keys on one connection (at most \(Sessions.maximumKeys))"))
        default:
            return admission
        }
    }

    private func admission(of event: Event) -> Admission {
        let seat = seat(of: event.pubkey)
        if seat.bannedSeq != nil { return .refused(.banned) }
        if seat.isAdmitted { return .direct }
        guard context.policy.allowDelegation else { return .refused(.notMember) }
        do {
            guard let attestation = try OwnerAttestation.verified(in: event) else { return .refused(.notMember) }
            guard self.seat(of: attestation.owner).isAdmitted else {
                return .refused(.delegationInvalid("the owner of this delegated identity is not a relay member"))
            }
            return .delegated(by: attestation.owner)
        } catch {
            return .refused(.delegationInvalid("the auth tag is not good: \(error.message)"))
        }
    }

    /// Whether a key that opened a session would still be let in.
    func isAdmitted(_ tie: Sessions.Tie) -> Bool {
        let seat = seat(of: tie.key)
        if seat.isAdmitted { return true }
        guard let owner = tie.owner, seat.bannedSeq == nil, context.policy.allowDelegation else { return false }
        return self.seat(of: owner).isAdmitted
    }

    mutating func authenticate(_ event: Event, session: UInt64?, at position: Position) -> Transition {
        let owner: PublicKey?
        switch admission(of: event, session: session) {
        case .refused(let refusal): return .refused(refusal)
        case .direct: owner = nil
        case .delegated(let vouching): owner = vouching
        }
        guard sessions.authenticate(event.pubkey, owner: owner, session: session, at: position.seq) else {
            return .refused(.notAuthenticated)
        }
        return Transition()
    }
}
