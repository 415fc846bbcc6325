import Nostr

/// What follows from a granted request, for whoever checks one without the log: a call is a function of the request, the
/// decision and the policy.
public enum Calls {
    /// The two call-me-nows that a granted request yields, the requester's first; `nil` if the request is not one for
    /// this target that the policy would have let through.
    ///
    /// - Parameters:
    ///   - event: the request.
    ///   - decision: what was decided about it.
    ///   - position: where the request stands.
    ///   - policy: the settings in force.
    ///   - relay: the key that signs.
    public static func expected(
        for event: Event, _ decision: Decision, at position: Position, policy: Policy, relay: PublicKey
    ) -> [UnsignedEvent]? {
        let expiry = position.seconds + WireConstants.callMeNowLifetimeSeconds
        guard event.kind == .meshConnectRequest, decision.outcome == .granted, let target = decision.target,
            decision.author == event.pubkey, decision.expiresAt == expiry,
            event.tags.firstValue(of: "p").flatMap({ PublicKey(lowercasing: $0) }) == target,
            let request = try? ConnectRequest(content: event.content.utf8, policy: policy)
        else { return nil }
        let context = Context(
            relay: relay, rules: decision.rules, policy: policy, policySeq: decision.basis.policy)
        return CallMeNow.pair(request, from: event.pubkey, to: target, expiresAt: expiry)
            .map { $0.event(at: position, context: context) }
    }
}
