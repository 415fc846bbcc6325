import Nostr
import Reducers

/// The gate as WIRE.md has it, "24621 mesh connect request", told of every entry in order. It shares no rule with the
/// reducers: only the reading of entries.
struct GateOracle {
    private var members: [PublicKey: Role] = [:]
    private var banned: Set<PublicKey> = []
    private var policy = Policy()
    /// The keys of each session, and who vouches for each.
    private var sessions: [UInt64: [(key: PublicKey, owner: PublicKey?)]] = [:]
    /// The session that an AUTH event opened or joined.
    private(set) var sessionOf: [EventID: UInt64] = [:]
    /// Where each session ended.
    private(set) var ended: [UInt64: UInt64] = [:]
    private var requests = Windows()
    private var calls = Windows()
    private var seen: Set<EventID> = []
    /// What is older may be refused although it is fresh: the window was longer or shorter before.
    private var floor: Int64 = .min
    private var pending: Pending?
    private var lastInput: LogBook.Fact?
    private(set) var granted = 0

    /// A request whose outcome is still to come, in the same commit.
    private struct Pending {
        let seq: UInt64
        let event: Event
        let time: Int64
        let expected: Set<Decision.Outcome>
        let target: PublicKey?
        var outcome: Decision.Outcome?
        var halves = 0
    }

    /// Fixed windows of a second, opened by the first attempt.
    private struct Windows {
        private var open: [PublicKey: (since: Int64, count: Int64)] = [:]
        mutating func count(_ key: PublicKey, _ time: Int64) -> Int64 {
            if let window = open[key], time < window.since + 1_000_000 {
                open[key] = (window.since, window.count + 1)
                return window.count + 1
            }
            open[key] = (time, 1)
            return 1
        }
    }

    private func isAdmitted(_ key: PublicKey) -> Bool {
        !banned.contains(key) && (members[key] != nil || !policy.requireMembership)
    }

    mutating func take(_ fact: LogBook.Fact) throws {
        if let output = fact.output { return try take(output, fact) }
        try finish()
        lastInput = fact
        switch fact.input {
        case .policy(let policy, _): change(to: policy, at: fact)
        case .authenticated(let event, let session): try open(event, session, fact)
        case .closed(let session, _): end([session], at: fact.seq)
        case .restart: end(Array(sessions.keys), at: fact.seq)
        case .event(let event, let session, .webSocket) where event.kind == .meshConnectRequest:
            pending = judge(event, session, fact)
        default: break
        }
    }

    /// A commit ends, or the next input comes: what a request comes to is whole.
    mutating func finish() throws {
        guard let pending else { return }
        self.pending = nil
        guard let outcome = pending.outcome else {
            throw Violation(.gate, "request \(pending.seq) has no decision in its commit")
        }
        guard pending.halves == (outcome == .granted ? 2 : 0) else {
            throw Violation(.gate, "request \(pending.seq) was \(outcome.rawValue) and rang \(pending.halves) ends")
        }
    }

    // MARK: Requests

    private mutating func judge(_ event: Event, _ session: UInt64?, _ fact: LogBook.Fact) -> Pending {
        let target = target(of: event)
        func pending(_ expected: Set<Decision.Outcome>) -> Pending {
            Pending(seq: fact.seq, event: event, time: fact.time, expected: expected, target: target)
        }
        let (seconds, window) = (fact.time / 1_000_000, policy.requestFreshnessSeconds)
        guard let session, sessions[session]?.contains(where: { $0.key == event.pubkey }) == true else {
            return pending([.refused])
        }
        guard requests.count(event.pubkey, fact.time) <= policy.requestsPerSecond else { return pending([.refused]) }
        guard abs(event.createdAt - seconds) <= window else { return pending([.refused]) }
        if event.createdAt < floor { return pending([.refused]) }
        guard seen.insert(event.id).inserted else { return pending([.refused]) }
        guard isWellFormed(event), let target, target != event.pubkey, isAdmitted(event.pubkey), isAdmitted(target)
        else { return pending([.refused]) }
        let isWithinLimit = calls.count(target, fact.time) <= policy.callsPerTargetPerSecond
        return pending(isWithinLimit ? [.granted] : [.refused])
    }

    private func target(of event: Event) -> PublicKey? {
        guard let text = event.tags.firstValue(of: "p")?.string, text.utf8.count == 64 else { return nil }
        return PublicKey(hex: text.lowercased())
    }

    private func isWellFormed(_ event: Event) -> Bool {
        guard let content = try? JSONValue.parse(event.content.utf8) else { return false }
        return ["self_endpoint_addr", "peer_endpoint_addr", "attempt_id"].allSatisfy {
            content[Text($0)]?.stringValue.map { !$0.isEmpty } ?? false
        }
    }

    private mutating func take(_ output: RecordedOutput, _ fact: LogBook.Fact) throws {
        switch output {
        case .decision(let decision):
            guard let pending, decision.request == pending.seq else {
                if decision.kind == .meshConnectRequest {
                    throw Violation(
                        .gate, "the decision at \(fact.seq) does not follow its request \(decision.request)")
                }
                return note(decision)
            }
            guard pending.expected.contains(decision.outcome) else {
                let asked =
                    "\(Cast.name(pending.event.pubkey)) asked for \(pending.target.map { Cast.name($0) } ?? "nobody")"
                throw Violation(
                    .gate, "request \(pending.seq), \(asked), was \(decision.outcome.rawValue) (\(decision.code))")
            }
            self.pending?.outcome = decision.outcome
            if decision.outcome == .granted { granted += 1 }
        case .effect(let effect, let cause): try apply(effect, cause: cause, fact)
        case .event(let event, let cause):
            guard event.pubkey == Cast.relay.publicKey else {
                throw Violation(.gate, "entry \(fact.seq) is not the relay's")
            }
            if event.kind == .callMeNow { try check(event, cause: cause, fact) }
        }
    }

    /// One half of a pair.
    private mutating func check(_ event: Event, cause: UInt64, _ fact: LogBook.Fact) throws {
        guard let pending, pending.outcome == .granted, cause == pending.seq, let target = pending.target,
            pending.halves < 2, fact.seq == pending.seq + 2 + UInt64(pending.halves)
        else { throw Violation(.gate, "the 24622 at \(fact.seq) follows from no grant before it") }
        let isFirst = pending.halves == 0
        let asked = try JSONValue.parse(pending.event.content.utf8)
        let content = try JSONValue.parse(event.content.utf8)
        let recipient = isFirst ? pending.event.pubkey : target
        let peer = isFirst ? target : pending.event.pubkey
        let expiry = pending.time / 1_000_000 + 60
        guard event.tags.firstValue(of: "p") == Text(recipient.hex),
            content["peer_endpoint_addr"] == asked[isFirst ? "peer_endpoint_addr" : "self_endpoint_addr"],
            content["attempt_id"] == asked["attempt_id"], content["expires_at"]?.integer == expiry,
            content["peer_pubkey"]?.stringValue == Text(peer.hex), event.createdAt == pending.time / 1_000_000
        else { throw Violation(.gate, "the 24622 at \(fact.seq) does not say what request \(pending.seq) asked for") }
        self.pending?.halves += 1
    }

    // MARK: Membership, sessions, settings

    private mutating func note(_ decision: Decision) {
        guard decision.outcome == .applied, case .operatorCommand(let command)? = lastInput?.input else { return }
        switch command {
        case .ban(let key, _):
            banned.insert(key)
            endSessions(of: key, at: decision.request)
        case .unban(let key): banned.remove(key)
        default: break
        }
    }

    private mutating func apply(_ effect: MembershipEffect, cause: UInt64, _ fact: LogBook.Fact) throws {
        guard let input = lastInput, input.seq == cause else {
            throw Violation(.membership, "effect \(fact.seq) has no cause")
        }
        if case .event(let event, let session, _)? = input.input { try permit(effect, event, session, fact) }
        switch effect.change {
        case .add(let role), .change(let role): members[effect.key] = role
        case .remove:
            members[effect.key] = nil
            endSessions(of: effect.key, at: cause)
        }
    }

    /// WIRE.md, "Membership": who may do what.
    private mutating func permit(_ effect: MembershipEffect, _ event: Event, _ session: UInt64?, _ fact: LogBook.Fact)
        throws
    {
        let actor = members[event.pubkey]
        let held = session.flatMap { sessions[$0] }?.contains { $0.key == event.pubkey } ?? false
        let names = event.tags.firstValue(of: "p") == Text(effect.key.hex)
        let isFresh = abs(event.createdAt - fact.time / 1_000_000) <= policy.commandFreshnessSeconds
        let allowed =
            switch (event.kind, effect.change) {
            case (.addMember, .add(.member)): actor == .owner || actor == .admin
            case (.addMember, .add(.admin)): actor == .owner
            case (.removeMember, .remove):
                effect.key != event.pubkey && members[effect.key] != .owner
                    && (actor == .owner || actor == .admin && members[effect.key] == .member)
            case (.changeRole, .change(let role)):
                actor == .owner && effect.key != event.pubkey && role != .owner && members[effect.key] != .owner
            case (.leaveRequest, .remove): effect.key == event.pubkey
            default: false
            }
        guard allowed, held, names || event.kind == .leaveRequest, isFresh, seen.insert(event.id).inserted else {
            throw Violation(.membership, "\(Cast.name(event.pubkey)) changed \(Cast.name(effect.key)) at \(fact.seq)")
        }
    }

    private mutating func open(_ event: Event, _ session: UInt64?, _ fact: LogBook.Fact) throws {
        guard fact.refusal == nil else { return }
        let tag = event.tags.first { $0.isNamed("auth") }?.value
        let owner = isAdmitted(event.pubkey) ? nil : tag.flatMap { PublicKey(hex: $0.string) }
        let isVouchedFor =
            policy.allowDelegation && !banned.contains(event.pubkey) && (owner.map { isAdmitted($0) } ?? false)
        guard isAdmitted(event.pubkey) || isVouchedFor else {
            throw Violation(.privacy, "a session for \(Cast.name(event.pubkey)) at \(fact.seq), who is no member")
        }
        let name = session ?? fact.seq
        sessions[name, default: []].append((event.pubkey, owner))
        sessionOf[event.id] = name
    }

    private mutating func change(to new: Policy, at fact: LogBook.Fact) {
        let old = policy
        policy = new
        if new.requestFreshnessSeconds > old.requestFreshnessSeconds
            || new.commandFreshnessSeconds > old.commandFreshnessSeconds
        {
            floor = max(floor, fact.time / 1_000_000 - min(old.requestFreshnessSeconds, old.commandFreshnessSeconds))
        }
        let strangers = sessions.filter { _, keys in
            keys.contains { key, owner in
                !isAdmitted(key)
                    && !(policy.allowDelegation && !banned.contains(key) && (owner.map { isAdmitted($0) } ?? false))
            }
        }
        end(strangers.keys.sorted(), at: fact.seq)
    }

    private mutating func endSessions(of key: PublicKey, at seq: UInt64) {
        end(sessions.filter { $0.value.contains { $0.key == key || $0.owner == key } }.keys.sorted(), at: seq)
    }

    private mutating func end(_ names: [UInt64], at seq: UInt64) {
        for name in names where sessions.removeValue(forKey: name) != nil { ended[name] = seq }
    }
}
