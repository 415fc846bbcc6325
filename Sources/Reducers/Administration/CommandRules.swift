import Nostr

/// What the operator and the management API may do. Every command has a decision entry.
extension RelayState {
    /// A command of whoever holds the machine.
    mutating func apply<R: CheckRecorder>(
        _ command: OperatorCommand, at position: Position, recorder: inout R
    ) -> Transition {
        var decision = Decision(
            request: position.seq, outcome: .refused, code: "", message: "", rules: context.judging,
            basis: Decision.Basis(policy: context.policySeq))
        decision.target = command.key
        decision.basis.target = command.key.flatMap { membership[$0]?.since }
        do {
            return try carryOut(command, by: nil, decision, at: position, recorder: &recorder)
        } catch {
            return refused(decision, error)
        }
    }

    /// A call of the management API. Its authorization was found right for the request before it came here; what is
    /// judged is whether its author may do it.
    mutating func decideCall<R: CheckRecorder>(
        _ body: [UInt8], _ authorization: Event, at position: Position, recorder: inout R
    ) -> Transition {
        var decision = decision(on: authorization, at: position)
        do {
            try checkRate(ofCommand: authorization, at: position, recorder: &recorder)
            let actor = membership[authorization.pubkey]
            try recorder.require(
                .permission, actor.map { $0.role >= .admin } ?? false, .permissionDenied(.manageNeedsAdmin),
                Fact("the author is \(actor?.role.name ?? "not a member")", basis: actor?.since))
            switch try ManagementCall(body: body) {
            case .question(let question):
                return Transition(
                    answer: Transition.Answer(accepted: true, message: "", result: answer(to: question)))
            case .command(let command):
                decision.target = command.key
                decision.basis.target = command.key.flatMap { membership[$0]?.since }
                var transition = try carryOut(
                    command, by: actor, decision, at: position, recorder: &recorder)
                transition.answer.result = Array("true".utf8)
                return transition
            }
        } catch {
            return refused(decision, error)
        }
    }

    /// - Parameter actor: who asks; `nil` for the operator, who may do anything that can be done.
    private mutating func carryOut<R: CheckRecorder>(
        _ command: OperatorCommand, by actor: Member?, _ decision: Decision, at position: Position, recorder: inout R
    ) throws(Refusal) -> Transition {
        switch command {
        case .membership(let change):
            try checkBan(of: change, recorder: &recorder)
            let ruling =
                if let actor {
                    try membership.judge(change, by: actor.key, recorder: &recorder)
                } else {
                    try membership.rule(change, recorder: &recorder)
                }
            return carryOut(ruling, decision, at: position)
        case .addMembers(let members):
            return try add(members, decision, at: position, recorder: &recorder)
        case .setOwner(let key):
            return carryOut(try membership.rule(owner: key), decision, at: position)
        case .invite(let hash, let role, let uses, let lifetime, let label):
            try makeInvite(hash, role, uses: uses, lifetimeSeconds: lifetime, label: label, at: position)
            return applied(decision)
        case .revokeInvite(let hash):
            return invites.revoke(hash) ? applied(decision) : unchanged(decision, "info: there is no such invite code")
        case .ban(let key, let reason):
            return try ban(key, reason: reason, by: actor, decision, at: position, recorder: &recorder)
        case .unban(let key):
            guard moderation[key] != nil else { return unchanged(decision, "info: this key is not banned") }
            moderation.keys.removeAll { $0.subject == key }
            return applied(decision)
        case .banEvent(let id, let reason):
            return try ban(event: id, reason: reason, decision, at: position)
        case .allowKind(let kind):
            if moderation.disallowedKinds.remove(kind) { return applied(decision) }
            try Moderation.checkRoom(moderation.allowedKinds.count)
            return moderation.allowedKinds.insertSorted(kind)
                ? applied(decision) : unchanged(decision, "info: this kind is on the list")
        case .disallowKind(let kind):
            if moderation.allowedKinds.remove(kind) { return applied(decision) }
            try Moderation.checkRoom(moderation.disallowedKinds.count)
            return moderation.disallowedKinds.insertSorted(kind)
                ? applied(decision) : unchanged(decision, "info: this kind is not taken already")
        case .blockAddress(let address, let reason):
            guard InternetNetwork(address.string) != nil else {
                throw .managementMalformed("expected an IP address, or a network such as 192.0.2.0/24")
            }
            guard !moderation.addresses.contains(where: { $0.subject == address }) else {
                return unchanged(decision, "info: this address is blocked already")
            }
            try Moderation.checkRoom(moderation.addresses.count)
            moderation.addresses.append(Moderation.Ban(subject: address, reason: reason, seq: position.seq))
            return applied(decision)
        case .unblockAddress(let address):
            guard moderation.addresses.contains(where: { $0.subject == address }) else {
                return unchanged(decision, "info: this address is not blocked")
            }
            moderation.addresses.removeAll { $0.subject == address }
            return applied(decision)
        case .describe(let property, let text):
            guard text.utf8.count <= OperatorCommand.maximumTextBytes else {
                throw .managementMalformed("a text has at most \(OperatorCommand.maximumTextBytes) bytes")
            }
            guard moderation.properties[property] != text else { return unchanged(decision, "info: it is so already") }
            moderation.properties[property] = text
            return applied(decision)
        }
    }

    /// Adds everybody who is no member yet, or nobody when one of them cannot be added.
    private mutating func add<R: CheckRecorder>(
        _ members: [NewMember], _ decision: Decision, at position: Position, recorder: inout R
    ) throws(Refusal) -> Transition {
        var grown = membership
        var effects: [(effect: MembershipEffect, root: Bytes32)] = []
        for member in members {
            let change = MembershipChange.add(member.key, member.role)
            try checkBan(of: change, recorder: &recorder)
            guard case .effect(let effect) = try grown.rule(change, recorder: &recorder) else { continue }
            // The decision stands right after its command, the effects right after the decision.
            grown.apply(effect, at: position.seq + 2 + UInt64(effects.count))
            effects.append((effect, grown.root))
        }
        guard !effects.isEmpty else { return unchanged(decision, "info: all of them are members already") }
        membership = grown
        var outputs = effects.map { Output.effect($0.effect) }
        outputs.append(.event(membership.listEvent(by: context.relay, at: position)))
        outputs += effects.compactMap {
            Membership.announcement(of: $0.effect, by: context.relay, at: position).map(Output.event)
        }
        var decision = decision
        decision.message = "info: \(effects.count) added, \(members.count - effects.count) already members"
        var transition = applied(decision, outputs)
        transition.memberRoots = effects.map(\.root)
        return transition
    }

    private func applied(_ decision: Decision, _ outputs: [Output] = [], ended: [UInt64] = []) -> Transition {
        var decision = decision
        decision.outcome = .applied
        decision.code = Decision.Outcome.applied.rawValue
        return decided(decision, outputs, ended: ended)
    }

    private func unchanged(_ decision: Decision, _ message: String) -> Transition {
        var decision = decision
        decision.outcome = .unchanged
        decision.code = Decision.Outcome.unchanged.rawValue
        decision.message = message
        return decided(decision, [])
    }

    /// Shuts a key out. Who may remove it may ban it; a key that is no member may be banned by any admin.
    private mutating func ban<R: CheckRecorder>(
        _ key: PublicKey, reason: Text, by actor: Member?, _ decision: Decision, at position: Position,
        recorder: inout R
    ) throws(Refusal) -> Transition {
        guard moderation[key] == nil else { return unchanged(decision, "info: this key is banned already") }
        guard membership[key]?.role != .owner else { throw .permissionDenied(.ownerStays) }
        try Moderation.checkRoom(moderation.keys.count)
        var removal: Membership.Ruling?
        if membership[key] != nil {
            let change = MembershipChange.remove(key)
            removal =
                if let actor {
                    try membership.judge(change, by: actor.key, recorder: &recorder)
                } else {
                    try membership.rule(change, recorder: &recorder)
                }
        }
        moderation.keys.append(Moderation.Ban(subject: key, reason: reason, seq: position.seq))
        if let removal { return carryOut(removal, decision, at: position) }
        // On an open relay strangers have sessions and notes, too.
        let note = discovery.empty(key, at: position, context: context)
        return applied(decision, note.map { [.event($0)] } ?? [], ended: sessions.close(key: key))
    }

    /// Takes an event out of what is served: the relay signs a deletion of it, which members see.
    private mutating func ban(
        event id: EventID, reason: Text, _ decision: Decision, at position: Position
    ) throws(Refusal) -> Transition {
        guard !moderation.events.contains(where: { $0.subject == id }) else {
            return unchanged(decision, "info: this event is banned already")
        }
        try Moderation.checkRoom(moderation.events.count)
        moderation.events.append(Moderation.Ban(subject: id, reason: reason, seq: position.seq))
        let deletion = UnsignedEvent(
            pubkey: context.relay, createdAt: position.seconds, kind: .deletion, tags: [["e", Text(id.hex)]],
            content: reason)
        return applied(decision, [.event(deletion)])
    }
}

extension Moderation {
    /// Fails when a list is full.
    static func checkRoom(_ count: Int) throws(Refusal) {
        guard count < maximumBans else { throw .listFull }
    }
}
