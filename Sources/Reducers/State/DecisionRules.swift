import Nostr

/// Mesh requests and membership commands: what has a decision entry, granted or refused.
extension RelayState {
    mutating func decideRequest<R: CheckRecorder>(
        _ event: Event, session id: UInt64?, at position: Position, recorder: inout R
    ) -> Transition {
        var decision = decision(on: event, at: position)
        decision.target = event.tags.firstValue(of: "p").flatMap { PublicKey(lowercasing: $0) }
        do {
            try authored(event, by: try authenticated(id, recorder: &recorder), recorder: &recorder)
            let grant = try judge(connectRequest: event, at: position, recorder: &recorder)
            let expiresAt = position.seconds + WireConstants.callMeNowLifetimeSeconds
            decision.outcome = .granted
            decision.code = Decision.Outcome.granted.rawValue
            decision.basis = grant.basis
            decision.expiresAt = expiresAt
            decision.message = grant.basis.targetListening == nil ? "info: target is not listening" : ""
            signaling.granted += 1
            guard R.wantsCalls else { return decided(decision, []) }
            let halves = CallMeNow.pair(grant.request, from: event.pubkey, to: grant.target, expiresAt: expiresAt)
            return decided(decision, halves.map { .event($0.event(at: position, context: context)) })
        } catch {
            signaling.refused += 1
            return refused(decision, error)
        }
    }

    mutating func decideCommand<R: CheckRecorder>(
        _ event: Event, session id: UInt64?, at position: Position, recorder: inout R
    ) -> Transition {
        var decision = decision(on: event, at: position)
        do {
            try authored(event, by: try authenticated(id, recorder: &recorder), recorder: &recorder)
            try checkRate(ofCommand: event, at: position, recorder: &recorder)
            try checkFreshness(ofCommand: event, at: position, recorder: &recorder)
            let change = try MembershipChange(event)
            decision.target = change.key
            decision.basis.target = membership[change.key]?.since
            if !context.isSprout { try checkBan(of: change, recorder: &recorder) }
            let ruling = try membership.judge(change, by: event.pubkey, recorder: &recorder)
            return carryOut(ruling, decision, at: position)
        } catch {
            return refused(decision, error)
        }
    }

    /// Every attempt counts, refused ones too; but not those of the owner and the admins, who may command as fast as they
    /// can sign.
    mutating func checkRate<R: CheckRecorder>(
        ofCommand event: Event, at position: Position, recorder: inout R
    ) throws(Refusal) {
        if context.isSprout { return }
        if let role = membership[event.pubkey]?.role, role >= .admin { return }
        guard let attempts = limits.commands.count(event.pubkey, at: position.time) else {
            throw .overloaded("too many keys send commands at once, try again in a second")
        }
        let limit = context.policy.commandsPerSecond
        try recorder.require(
            .rate, attempts <= limit, .commandRate(limit),
            Fact("command \(attempts) of at most \(limit) in its window", basis: context.policySeq))
    }

    /// Nobody is added who is banned.
    func checkBan<R: CheckRecorder>(of change: MembershipChange, recorder: inout R) throws(Refusal) {
        guard case .add(let key, _) = change, let ban = moderation[key] else { return }
        try recorder.require(
            .subject, false, .subjectBanned, Fact("\(key.shortNpub) is banned", basis: ban.seq))
    }

    /// A signed command is good once and for a short time, or whoever saw it could undo its undoing.
    mutating func checkFreshness<R: CheckRecorder>(
        ofCommand event: Event, at position: Position, recorder: inout R
    ) throws(Refusal) {
        if context.isSprout { return try checkSproutFreshness(ofCommand: event, at: position, recorder: &recorder) }
        let window = context.policy.commandFreshnessSeconds
        try recorder.require(
            .freshness, event.isFresh(at: position, window: window, floor: limits.freshnessFloor),
            .commandNotFresh(window),
            event.freshnessFact(at: position, basis: context.policySeq))
        let sighting = limits.seenCommands.see(event.id, at: position.time, freshnessSeconds: window)
        if sighting == .full { throw .overloaded("too many commands are remembered, try again in a minute") }
        try recorder.require(.replay, sighting == .new, .commandReplayed, sighting.fact)
    }

    /// The decision on an event before anything is known: refused, standing on the policy alone.
    func decision(on event: Event, at position: Position) -> Decision {
        Decision(
            request: position.seq, kind: event.kind, author: event.pubkey, outcome: .refused, code: "", message: "",
            rules: context.judging,
            basis: Decision.Basis(policy: context.policySeq, requester: membership[event.pubkey]?.since))
    }

    func decided(_ decision: Decision, _ outputs: [Output], ended: [UInt64] = []) -> Transition {
        Transition(
            answer: Transition.Answer(accepted: true, message: decision.message),
            outputs: [.decision(decision)] + outputs, ended: ended)
    }

    func refused(_ decision: Decision, _ refusal: Refusal) -> Transition {
        var decision = decision
        decision.outcome = .refused
        decision.code = refusal.code
        decision.message = refusal.message
        return Transition(
            answer: Transition.Answer(accepted: false, message: refusal.message), refusal: refusal,
            outputs: [.decision(decision)])
    }

    /// Carries out a ruling: the decision, the effect, the new list, the announcement, and an emptied note.
    mutating func carryOut(
        _ ruling: Membership.Ruling, _ ruled: Decision, at position: Position
    ) -> Transition {
        var decision = ruled
        switch ruling {
        case .unchanged(let message):
            decision.outcome = .unchanged
            decision.code = Decision.Outcome.unchanged.rawValue
            decision.message = message
            return decided(decision, [])
        case .effect(let effect):
            decision.outcome = .applied
            decision.code = Decision.Outcome.applied.rawValue
            // The decision stands right after its request, the effect right after the decision.
            membership.apply(effect, at: position.seq + 2)
            var outputs: [Output] = [
                .effect(effect), .event(membership.listEvent(by: context.relay, at: position)),
            ]
            if let announcement = Membership.announcement(of: effect, by: context.relay, at: position) {
                outputs.append(.event(announcement))
            }
            guard effect.change == .remove else { return decided(decision, outputs) }
            let ended = sessions.close(key: effect.key)
            invites.revoke(by: effect.key)
            if let note = discovery.empty(effect.key, at: position, context: context) { outputs.append(.event(note)) }
            return decided(decision, outputs, ended: ended)
        }
    }
}
