import Nostr

/// How many calls were asked for, and how they ended.
public struct Signaling: Equatable, Sendable {
    /// Requests that were granted since the log began.
    public internal(set) var granted: UInt64 = 0
    /// Requests that were refused since the log began.
    public internal(set) var refused: UInt64 = 0

    /// No calls yet.
    public init() {}
}

/// A request that passed every check.
struct Grant: Equatable {
    var request: ConnectRequest
    var target: PublicKey
    var basis: Decision.Basis
}

extension RelayState {
    /// The checks of WIRE.md, "24621 mesh connect request", in order; the first failure answers.
    ///
    /// The session and the author were checked before. Every attempt that comes this far counts towards the requester's
    /// rate, refused ones too. An id is remembered once it was found fresh, so that it is decided once.
    mutating func judge<R: CheckRecorder>(
        connectRequest event: Event, at position: Position, recorder: inout R
    ) throws(Refusal) -> Grant {
        if context.isSprout { return try judgeAsSprout(connectRequest: event, at: position, recorder: &recorder) }
        let policy = context.policy
        let attempts = limits.requests.count(event.pubkey, at: position.time)
        guard let attempts else { throw .overloaded("too many requesters at once, try again in a second") }
        try recorder.require(
            .rate, attempts <= policy.requestsPerSecond, .requestRate(policy.requestsPerSecond),
            Fact("request \(attempts) of at most \(policy.requestsPerSecond) in its window", basis: context.policySeq))

        let window = policy.requestFreshnessSeconds
        try recorder.require(
            .freshness, event.isFresh(at: position, window: window, floor: limits.freshnessFloor),
            .requestNotFresh(window),
            event.freshnessFact(at: position, basis: context.policySeq))
        let sighting = limits.seenRequests.see(event.id, at: position.time, freshnessSeconds: window)
        if sighting == .full { throw .overloaded("too many requests are remembered, try again in a minute") }
        try recorder.require(.replay, sighting == .new, .requestReplayed, sighting.fact)

        let request: ConnectRequest
        do {
            request = try ConnectRequest(content: event.content.utf8, policy: policy)
        } catch {
            recorder.record(.content, passed: false, fact: Fact(error.message))
            throw error
        }
        recorder.record(.content, passed: true, fact: Fact("attempt \(request.attemptID)"))

        let tag = event.tags.firstValue(of: "p")
        try recorder.require(
            .targetTag, tag != nil, .requestWithoutTarget, Fact(tag == nil ? "no p tag" : "the first p tag counts"))
        let key = tag.flatMap { PublicKey(lowercasing: $0) }
        guard let target = key else {
            recorder.record(.targetTag, passed: false, fact: Fact("the p tag is not 64 hex characters"))
            throw .requestTargetMalformed
        }
        try recorder.require(.notSelf, target != event.pubkey, .requestToSelf, Fact("target \(target.shortNpub)"))
        let requesterSeat = seat(of: event.pubkey)
        try recorder.require(.requesterMember, requesterSeat.isAdmitted, .requesterDelegated, requesterSeat.fact)
        let targetSeat = seat(of: target)
        try recorder.require(.targetMember, targetSeat.isAdmitted, .targetNotMember, targetSeat.fact)
        let calls = limits.calls.count(target, at: position.time)
        guard let calls else { throw .overloaded("too many targets at once, try again in a second") }
        try recorder.require(
            .targetRate, calls <= policy.callsPerTargetPerSecond, .targetRate(policy.callsPerTargetPerSecond),
            Fact("call \(calls) of at most \(policy.callsPerTargetPerSecond) in its window", basis: context.policySeq))
        return Grant(
            request: request, target: target,
            basis: Decision.Basis(
                policy: context.policySeq, requester: requesterSeat.member?.since, target: targetSeat.member?.since,
                requesterListening: sessions.listening(to: event.pubkey),
                targetListening: sessions.listening(to: target)))
    }
}
