import Nostr

/// Where an event goes by its kind.
extension RelayState {
    mutating func apply<R: CheckRecorder>(
        _ event: Event, session id: UInt64?, door: Door, at position: Position, recorder: inout R
    ) -> Transition {
        if door == .imported { return takeImported(event, recorder: &recorder) }
        switch event.kind {
        case .meshConnectRequest:
            return decideRequest(event, session: id, at: position, recorder: &recorder)
        case .addMember, .removeMember, .changeRole:
            return decideCommand(event, session: id, at: position, recorder: &recorder)
        case .joinRequest:
            return decideJoin(event, at: position, recorder: &recorder)
        case .leaveRequest:
            return decideLeave(event, session: id, at: position, recorder: &recorder)
        default:
            break
        }
        do {
            let session = try authenticated(id, recorder: &recorder)
            switch event.kind {
            case .meshStatusReport:
                try authored(event, by: session, recorder: &recorder)
                return try takeReport(event, at: position, recorder: &recorder)
            case let kind where kind.isRelayOnly:
                try recorder.require(
                    .kind, false, .relayOnlyKind, Fact("only the relay publishes kind \(event.kind.rawValue)"))
            case .clientAuthentication, .httpAuthentication:
                try recorder.require(
                    .kind, false, .neverPublished, Fact("kind \(event.kind.rawValue) is never published"))
            default:
                try admitRegular(event, from: session, at: position, recorder: &recorder)
            }
            return Transition(storage: .served)
        } catch {
            return .refused(error)
        }
    }

    /// Check 1 of every event: the session is authenticated.
    func authenticated<R: CheckRecorder>(_ id: UInt64?, recorder: inout R) throws(Refusal) -> Sessions.Session {
        guard let id, let session = sessions[id] else {
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
        if let expiration = event.expiration, !event.kind.isEphemeral {
            try recorder.require(
                .expiration, expiration > position.seconds, .expired, Fact("expires at \(expiration)"))
        }
        try recorder.require(
            .kind, moderation.takes(event.kind), .kindNotTaken(event.kind.rawValue), Fact("kind \(event.kind)"))
        let asked = context.policy.minimumDifficulty
        if asked > 0 {
            let difficulty = event.committedDifficulty
            try recorder.require(
                .difficulty, difficulty >= asked, .tooEasy(difficulty: difficulty, asked: asked),
                Fact("difficulty \(difficulty) of at least \(asked)", basis: context.policySeq))
        }
        guard event.isProtected else { return }
        try recorder.require(
            .protected, session.keys.contains { $0.key == event.pubkey }, .protectedEvent,
            Fact("signed by \(event.pubkey.shortNpub)"))
    }

    /// An event that the operator brought in: what queries serve, and nothing that acts.
    private func takeImported<R: CheckRecorder>(_ event: Event, recorder: inout R) -> Transition {
        let kind = event.kind
        let isServed = !kind.isEphemeral && !kind.isRelayOnly && !kind.isMembershipCommand
        do {
            try recorder.require(
                .kind, isServed, .notImported(kind.rawValue), Fact("imported by the operator, kind \(kind)"))
            return Transition(storage: .served)
        } catch {
            return .refused(error)
        }
    }

    private mutating func takeReport<R: CheckRecorder>(
        _ event: Event, at position: Position, recorder: inout R
    ) throws(Refusal) -> Transition {
        let seat = seat(of: event.pubkey)
        try recorder.require(.reporterMember, seat.isAdmitted, .reporterDelegated, seat.fact)
        if context.isSprout { return try takeReportAsSprout(event, at: position, recorder: &recorder) }
        let policy = context.policy
        guard let reports = limits.reports.count(event.pubkey, at: position.time) else { throw .tooManyReporters }
        try recorder.require(
            .rate, reports <= policy.reportsPerSecond, .reportRate(policy.reportsPerSecond),
            Fact("report \(reports) of at most \(policy.reportsPerSecond) in its window", basis: context.policySeq))
        return try takeProjection(of: event, at: position, context: context, recorder: &recorder)
    }

    /// Check 5 of WIRE.md, "24620", and the limits of the policy in `context`.
    mutating func takeProjection<R: CheckRecorder>(
        of event: Event, at position: Position, context: Context, recorder: inout R
    ) throws(Refusal) -> Transition {
        do {
            let report = try discovery.read(event, policy: context.policy)
            let note = try discovery.take(report, by: event.pubkey, at: position, context: context)
            recorder.record(
                .content, passed: true,
                fact: Fact((note == nil ? "changes nothing" : "a new note") + report.removals.text))
            return Transition(outputs: note.map { [.event($0)] } ?? [], removals: report.removals)
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
