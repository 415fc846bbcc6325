import Nostr

/// Where an event goes by its kind.
extension RelayState {
    mutating func apply<R: CheckRecorder>(
        _ event: Event, session id: UInt64, at position: Position, recorder: inout R
    ) -> Transition {
        switch event.kind {
        case .meshConnectRequest:
            return decideRequest(event, session: id, at: position, recorder: &recorder)
        case .addMember, .removeMember, .changeRole:
            return decideCommand(event, session: id, at: position, recorder: &recorder)
        default:
            break
        }
        do {
            let session = try authenticated(id, recorder: &recorder)
            switch event.kind {
            case .meshStatusReport:
                try authored(event, by: session, recorder: &recorder)
                return try takeReport(event, at: position, recorder: &recorder)
            case .meshStatus, .callMeNow, .membershipList, .memberAdded, .memberRemoved:
                try recorder.require(
                    .kind, false, .relayOnlyKind, Fact("only the relay publishes kind \(event.kind.rawValue)"))
            case .clientAuthentication, .httpAuthentication:
                try recorder.require(
                    .kind, false, .neverPublished, Fact("kind \(event.kind.rawValue) is never published"))
            case .joinRequest, .inviteRequest, .leaveRequest:
                let reason = "this relay has no join, invite or leave requests yet; ask an admin"
                try recorder.require(.kind, false, .unsupportedKind(reason), Fact("NIP-43 requests"))
            default:
                try admitRegular(event, from: session, at: position, recorder: &recorder)
            }
            return Transition(storage: .served)
        } catch {
            return .refused(error)
        }
    }

    /// Check 1 of every event: the session is authenticated.
    func authenticated<R: CheckRecorder>(_ id: UInt64, recorder: inout R) throws(Refusal) -> Sessions.Session {
        guard let session = sessions[id] else {
            recorder.record(.session, passed: false, fact: Fact("the session is not authenticated, or it ended"))
            throw .notAuthenticated
        }
        recorder.record(
            .session, passed: true,
            fact: Fact("session \(id), opened as \(session.keys[0].key.shortNpub)", basis: session.id))
        return session
    }

    /// Check 2 of everything that acts for its author: the author is one of the session's keys.
    func authored<R: CheckRecorder>(
        _ event: Event, by session: Sessions.Session, recorder: inout R
    ) throws(Refusal) {
        let tie = session.keys.first { $0.key == event.pubkey }
        try recorder.require(
            .author, tie != nil, .authorMismatch,
            Fact("signed by \(event.pubkey.shortNpub)", basis: tie?.seq))
    }

    private func admitRegular<R: CheckRecorder>(
        _ event: Event, from session: Sessions.Session, at position: Position, recorder: inout R
    ) throws(Refusal) {
        let limit = context.policy.futureLimitSeconds
        try recorder.require(
            .freshness, event.createdAt <= position.seconds + limit, .tooFarInFuture(limit),
            Fact("created_at \(event.createdAt)", basis: context.policySeq))
        guard event.isProtected else { return }
        try recorder.require(
            .protected, session.keys.contains { $0.key == event.pubkey }, .protectedEvent,
            Fact("signed by \(event.pubkey.shortNpub)"))
    }

    private mutating func takeReport<R: CheckRecorder>(
        _ event: Event, at position: Position, recorder: inout R
    ) throws(Refusal) -> Transition {
        let seat = seat(of: event.pubkey)
        try recorder.require(.reporterMember, seat.isAdmitted, .reporterDelegated, seat.fact)
        let policy = context.policy
        guard let reports = limits.reports.count(event.pubkey, at: position.time) else { throw .tooManyReporters }
        try recorder.require(
            .rate, reports <= policy.reportsPerSecond, .reportRate(policy.reportsPerSecond),
            Fact("report \(reports) of at most \(policy.reportsPerSecond) in its window", basis: context.policySeq))
        do {
            let projection = try Projection(report: event.content.utf8, policy: policy)
            let note = try discovery.report(projection, by: event.pubkey, at: position, context: context)
            recorder.record(.content, passed: true, fact: Fact(note == nil ? "changes nothing" : "a new note"))
            return Transition(outputs: note.map { [.event($0)] } ?? [])
        } catch {
            recorder.record(.content, passed: false, fact: Fact(error.message))
            throw error
        }
    }
}

extension Event {
    /// Whether the author asked that nobody else publishes it (NIP-70).
    var isProtected: Bool { tags.first(named: "-") != nil }
}
