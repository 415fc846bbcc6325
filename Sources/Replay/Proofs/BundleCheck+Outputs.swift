import Log
import Nostr
import Reducers

extension BundleCheck {
    /// The decision that follows from the input, if one does.
    var decision: Decision? {
        if case .output(.decision(let decision))? = outputs.first?.content { decision } else { nil }
    }

    /// Whether the bundle is about a request to be connected.
    var request: Event? {
        if case .input(.event(let event, _, _), _) = input.content, event.kind == .meshConnectRequest {
            event
        } else {
            nil
        }
    }

    /// Checks what the entries say of each other.
    func checkOutputs() throws(ProofFailure) {
        for (index, output) in outputs.enumerated() { try checkPlace(output, index) }
        try checkDecision()
        try checkMemberships()
        try checkCalls()
    }

    /// What follows from an input stands right behind it, has its time, and a salt that follows from its salt.
    private func checkPlace(_ output: Proven, _ index: Int) throws(ProofFailure) {
        let seq = output.leaf.seq
        guard output.leaf.time == input.leaf.time else {
            throw ProofFailure("entry \(seq) has another time than entry \(input.leaf.seq), which it follows from")
        }
        guard seq > input.leaf.seq, let offset = UInt32(exactly: seq - input.leaf.seq) else {
            throw ProofFailure("entry \(seq) stands before entry \(input.leaf.seq)")
        }
        guard Int(offset) == index + 1 else {
            throw ProofFailure(
                "between entry \(input.leaf.seq) and entry \(seq), which follows from it, one is left out")
        }
        if let salt = input.salt, let own = output.salt {
            guard own == Commitment.outputSalt(input: salt, index: offset) else {
                throw ProofFailure("entry \(seq) has a salt that does not follow from that of entry \(input.leaf.seq)")
            }
        }
        guard case .output(let recorded) = output.content else { return }
        guard recorded.cause == input.leaf.seq else {
            throw ProofFailure("entry \(seq) names entry \(recorded.cause) as its cause, not entry \(input.leaf.seq)")
        }
        if case .event(let event, _) = recorded, event.pubkey != genesis.relay {
            throw ProofFailure("entry \(seq) is not signed by the relay that entry 0 names")
        }
    }

    /// The decision is about the request, under the policy that is shown.
    private func checkDecision() throws(ProofFailure) {
        guard let decision else {
            guard outputs.first?.leaf.type == .decision || request == nil || input.salt == nil else {
                throw ProofFailure("the decision about the request in entry \(input.leaf.seq) is missing")
            }
            return
        }
        guard decision.basis.policy == policy?.seq else {
            throw ProofFailure("the decision names another policy than the one that is shown")
        }
        if case .input(.event(let event, _, _), _) = input.content {
            guard decision.author == event.pubkey, decision.kind == event.kind else {
                throw ProofFailure("the decision is about another request than the one that is shown")
            }
        }
    }

    /// Both ends are shown, and what the members' root says of them goes with the decision.
    private func checkMemberships() throws(ProofFailure) {
        guard let decision, decision.kind == .meshConnectRequest else {
            guard memberships.isEmpty else { throw ProofFailure("it shows memberships that its subject does not need") }
            return
        }
        var expected: [PublicKey] = []
        for key in [decision.author, decision.target].compactMap({ $0 }) where !expected.contains(key) {
            expected.append(key)
        }
        guard memberships.map(\.key) == expected else {
            throw ProofFailure("it does not show the membership of those whom the decision is about")
        }
        guard policy?.settings.requireMembership == true else { return }
        let absent = memberships.filter { $0.finding == .absent }.map(\.key)
        switch decision.outcome {
        case .granted where !absent.isEmpty:
            throw ProofFailure(
                "the request was granted although \(absent[0].hex) was no direct member: the relay broke its rules")
        case .refused
        where decision.code == "requester_delegated" && !absent.contains(where: { $0 == decision.author }):
            throw ProofFailure("the request was refused for want of a membership that the requester had")
        case .refused where decision.code == "target_not_member" && !absent.contains(where: { $0 == decision.target }):
            throw ProofFailure("the request was refused for want of a membership that the target had")
        default: break
        }
    }

    /// A granted request has two calls, and they are what request and decision give. A refused one has none.
    private func checkCalls() throws(ProofFailure) {
        guard let decision, decision.kind == .meshConnectRequest else { return }
        let calls = outputs.dropFirst()
        guard decision.outcome == .granted else {
            guard calls.isEmpty else {
                throw ProofFailure("the request was refused, and something followed all the same")
            }
            return
        }
        guard calls.count == 2 else { throw ProofFailure("a granted request has two calls, not \(calls.count)") }
        guard let request else { return }
        guard let policy,
            let expected = Calls.expected(
                for: request, decision, at: input.position, policy: policy.settings, relay: genesis.relay)
        else { throw ProofFailure("the decision's target or expiry is not what the request gives") }
        for (call, expected) in zip(calls, expected) {
            guard case .output(.event(let event, _)) = call.content else { continue }
            guard event.raw == expected.serialized(signature: event.signature) else {
                throw ProofFailure(
                    "entry \(call.leaf.seq) is not the call that the request gives: \(event.content.string)")
            }
        }
    }
}
