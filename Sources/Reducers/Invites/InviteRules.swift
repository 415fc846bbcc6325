import Nostr

/// Self-service membership (NIP-43).
extension RelayState {
    /// Makes an invite code, of which only the hash is known here.
    mutating func makeInvite(
        _ hash: Bytes32, _ role: Role, uses: Int64, lifetimeSeconds: Int64, label: Text, by inviter: PublicKey? = nil,
        at position: Position
    ) throws(Refusal) {
        guard role != .owner, (1...10_000).contains(uses), (60...31_536_000).contains(lifetimeSeconds),
            label.utf8.count <= Invite.maximumLabelBytes
        else { throw .managementMalformed("an invite is for a member or an admin, for 1 to 10000 uses within a year") }
        invites.forget(before: position.seconds)
        guard !invites.isFull else { throw .invitesFull }
        invites.insert(
            Invite(
                hash: hash, inviter: inviter, role: role, uses: uses, expiresAt: position.seconds + lifetimeSeconds,
                label: label, seq: position.seq))
    }

    /// A session asked for an invite code: the first of its keys that may invite gets one.
    mutating func invite<R: CheckRecorder>(
        session id: UInt64, code: Text, at position: Position, recorder: inout R
    ) -> Transition {
        do {
            let session = try authenticated(id, recorder: &recorder)
            let right = context.policy.invites
            let inviter = session.keys.compactMap { membership[$0.key] }.first { right.includes($0.role) }
            recorder.record(
                .permission, passed: inviter != nil,
                fact: Fact(
                    inviter.map { "\($0.key.shortNpub) is \($0.role.name)" }
                        ?? "the policy lets \(right.rawValue) invite",
                    basis: inviter?.since ?? context.policySeq))
            guard let inviter else { throw Refusal.inviteNotAllowed }
            let limit = context.policy.invitesPerDay
            guard let count = limits.invites.count(inviter.key, at: position.time) else {
                throw Refusal.overloaded("too many members ask for invite codes, try again tomorrow")
            }
            try recorder.require(
                .rate, count <= limit, .inviteRate(limit),
                Fact("invite code \(count) of at most \(limit) a day", basis: context.policySeq))
            try makeInvite(
                Invite.hash(of: code), .member, uses: context.policy.inviteUses,
                lifetimeSeconds: context.policy.inviteLifetimeSeconds, label: "", by: inviter.key, at: position)
            let expiresAt = position.seconds + context.policy.inviteLifetimeSeconds
            let event = UnsignedEvent(
                pubkey: context.relay, createdAt: position.seconds, kind: .inviteRequest,
                tags: [["-"], ["claim", code], ["expiration", Text(String(expiresAt))]], content: "")
            return Transition(outputs: [.event(event)])
        } catch let refusal as Refusal {
            return .refused(refusal)
        } catch {
            return .refused(.overloaded("the request could not be decided"))
        }
    }

    /// Whether a request to join names a code that is known: strangers may try codes, but not at the log's expense.
    public func knowsInvite(of event: Event) -> Bool {
        guard let code = event.tags.firstValue(of: "claim"), code.utf8.count <= Invite.maximumCodeBytes else {
            return false
        }
        return invites[code] != nil
    }

    /// A request to join (28934). It needs no session: its signature says who wants to join.
    mutating func decideJoin<R: CheckRecorder>(
        _ event: Event, at position: Position, recorder: inout R
    ) -> Transition {
        var decision = decision(on: event, at: position)
        decision.target = event.pubkey
        do {
            try checkRate(ofCommand: event, at: position, recorder: &recorder)
            try checkFreshness(ofCommand: event, at: position, recorder: &recorder)
            guard let code = event.tags.firstValue(of: "claim") else {
                throw Refusal.joinMalformed("missing claim tag")
            }
            guard code.utf8.count <= Invite.maximumCodeBytes else {
                throw Refusal.joinMalformed("the code has more than \(Invite.maximumCodeBytes) bytes")
            }
            let ban = moderation[event.pubkey]
            try recorder.require(
                .subject, ban == nil, .banned, Fact(ban == nil ? "not banned" : "banned", basis: ban?.seq))
            if membership[event.pubkey] != nil {
                return carryOut(
                    .unchanged("duplicate: you are already a member of this relay"), decision, at: position)
            }
            let invite = invites[code]
            decision.basis.invite = invite?.seq
            try recorder.require(
                .invite, invite != nil, .inviteInvalid,
                Fact(invite == nil ? "no such code, or it was used up" : "a code of this relay", basis: invite?.seq))
            guard let invite else { throw Refusal.inviteInvalid }
            try recorder.require(
                .invite, position.seconds < invite.expiresAt, .inviteExpired,
                Fact("it is good until \(invite.expiresAt)", basis: invite.seq))
            let ruling = try membership.rule(.add(event.pubkey, invite.role), recorder: &recorder)
            invites.use(invite.hash)
            decision.message = "info: welcome"
            return carryOut(ruling, decision, at: position)
        } catch let refusal as Refusal {
            return refused(decision, refusal)
        } catch {
            return refused(decision, .overloaded("the request could not be decided"))
        }
    }

    /// A member's request to leave (28936).
    mutating func decideLeave<R: CheckRecorder>(
        _ event: Event, session id: UInt64?, at position: Position, recorder: inout R
    ) -> Transition {
        var decision = decision(on: event, at: position)
        decision.target = event.pubkey
        decision.basis.target = membership[event.pubkey]?.since
        do {
            try authored(event, by: try authenticated(id, recorder: &recorder), recorder: &recorder)
            try checkRate(ofCommand: event, at: position, recorder: &recorder)
            try checkFreshness(ofCommand: event, at: position, recorder: &recorder)
            let member = membership[event.pubkey]
            let fact = Fact("the author is \(member?.role.name ?? "not a member")", basis: member?.since)
            try recorder.require(.subject, member != nil, .leaveNeedsMember, fact)
            try recorder.require(.permission, member?.role != .owner, .permissionDenied(.ownerLeaves), fact)
            return carryOut(try membership.rule(.remove(event.pubkey), recorder: &recorder), decision, at: position)
        } catch {
            return refused(decision, error)
        }
    }
}
