import Nostr

/// Version 0 of the rules: WIRE.md's checks of mesh requests, reports and membership commands without those that it calls
/// "beyond". It exists to be compared with (docs/design/rules-versions.md).
extension RelayState {
    /// The same state, in which another version of the rules judges whatever is applied from here on, whatever version the
    /// log puts in force.
    public func judging(by version: RulesVersion) -> RelayState {
        var state = self
        state.context.hypothesis = version
        return state
    }

    /// Connect requests in one window of a requester (WIRE.md, "24621", check 4).
    private static let sproutRequestsPerSecond: Int64 = 20
    /// How far a command's `created_at` may be from the log's time, either way (WIRE.md, "Membership").
    private static let sproutCommandFreshnessSeconds: Int64 = 120

    /// WIRE.md, "24621", checks 4 to 9.
    mutating func judgeAsSprout<R: CheckRecorder>(
        connectRequest event: Event, at position: Position, recorder: inout R
    ) throws(Refusal) -> Grant {
        let limit = RelayState.sproutRequestsPerSecond
        guard let attempts = limits.requests.count(event.pubkey, at: position.time) else {
            throw .overloaded("too many requesters at once, try again in a second")
        }
        try recorder.require(
            .rate, attempts <= limit, .requestRate(limit), Fact("request \(attempts) of at most \(limit) in its window")
        )
        let request: ConnectRequest
        do {
            request = try ConnectRequest(content: event.content.utf8, policy: context.policy.widened)
        } catch {
            recorder.record(.content, passed: false, fact: Fact(error.message))
            throw error
        }
        recorder.record(.content, passed: true, fact: Fact("attempt \(request.attemptID)"))
        guard let tag = event.tags.firstValue(of: "p") else {
            recorder.record(.targetTag, passed: false, fact: Fact("no p tag"))
            throw .requestWithoutTarget
        }
        recorder.record(.targetTag, passed: true, fact: Fact("the first p tag counts"))
        try recorder.require(
            .notSelf, tag != Text(event.pubkey.hex), .requestToSelf, Fact("the p tag is compared as it is"))
        let requester = seat(of: event.pubkey)
        try recorder.require(.requesterMember, requester.isAdmitted, .requesterDelegated, requester.fact)
        guard let target = PublicKey(spelledLower: tag) else {
            recorder.record(.targetMember, passed: false, fact: Fact("the p tag is no key as members are written"))
            throw .targetNotMember
        }
        let seat = seat(of: target)
        try recorder.require(.targetMember, seat.isAdmitted, .targetNotMember, seat.fact)
        return Grant(
            request: request, target: target,
            basis: Decision.Basis(
                policy: context.policySeq, requester: requester.member?.since, target: seat.member?.since,
                requesterListening: sessions.listening(to: event.pubkey),
                targetListening: sessions.listening(to: target)))
    }

    /// WIRE.md, "24620", check 5: no rate, and no limits but those without which a note could not be kept.
    mutating func takeReportAsSprout<R: CheckRecorder>(
        _ event: Event, at position: Position, recorder: inout R
    ) throws(Refusal) -> Transition {
        var widened = context
        widened.policy = context.policy.widened
        return try takeProjection(of: event, at: position, context: widened, recorder: &recorder)
    }

    /// The window of WIRE.md, "Membership", and no memory of what was decided.
    func checkSproutFreshness<R: CheckRecorder>(
        ofCommand event: Event, at position: Position, recorder: inout R
    ) throws(Refusal) {
        let window = RelayState.sproutCommandFreshnessSeconds
        try recorder.require(
            .freshness, event.isFresh(at: position, window: window, floor: .min), .commandNotFresh(window),
            event.freshnessFact(at: position, basis: context.policySeq))
    }
}

extension Policy {
    /// The policy with the limits of reports and requests as wide as they can be set: what this program can still hold.
    fileprivate var widened: Policy {
        var policy = self
        for path in [
            \Policy.maximumModels, \.maximumPeers, \.maximumTargets, \.maximumStringBytes, \.maximumAttemptBytes,
            \.maximumProjectionBytes,
        ] {
            guard let number = Policy.numbers.first(where: { $0.path == path }) else { continue }
            policy[keyPath: path] = number.range.upperBound
        }
        return policy
    }
}

extension PublicKey {
    /// Reads 64 lower-case hex characters, as members are written; `nil` for anything else.
    fileprivate init?(spelledLower text: Text) {
        guard !text.utf8.contains(where: { (0x41...0x46).contains($0) }),
            let key = text.utf8.withUnsafeBytes({ PublicKey(hex: $0) })
        else { return nil }
        self = key
    }
}
