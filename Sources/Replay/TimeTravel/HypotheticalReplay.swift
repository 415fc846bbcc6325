import Log
import Nostr
import Reducers

/// Plays a log as it was and as it would have been, side by side, and tells each input that ends otherwise.
struct HypotheticalReplay {
    /// What came out in all.
    struct Totals {
        /// Inputs with an answer, and those of them that end otherwise.
        var compared = 0
        var changed = 0
        /// Inputs that end as they did, but the relay signs other events.
        var otherEvents = 0
        /// How often one outcome became another.
        var turns: [String: Int] = [:]
        /// Inputs whose payload was erased.
        var erased = 0
    }

    private let hypothesis: Assumptions
    private var actual: Played
    private var played: Played
    private(set) var totals = Totals()
    private var waiting: [Assumptions.Insertion]
    private var time: Int64 = 0

    /// The state that the hypothesis comes to.
    var state: RelayState { played.state }
    /// The state that the log comes to.
    var actualState: RelayState { actual.state }

    /// - Parameters:
    ///   - state: the state at the point from which on things are otherwise.
    ///   - position: where the changes of policy and members come in; `nil` at the beginning of the log.
    init(_ hypothesis: Assumptions, from state: RelayState) throws {
        self.hypothesis = hypothesis
        actual = Played(state)
        played = Played(hypothesis.rules.map { state.judging(by: $0) } ?? state)
        waiting = hypothesis.insertions.sorted { $0.before < $1.before }
        guard let position = state.position else { return }
        time = position.time
        if let policy = hypothesis.policy, !policy.isEmpty {
            let changed = try policy.applied(to: state.policy)
            played.change { $0.apply(.policy(changed, state.rules), at: position) }
        }
        try keepMembers(at: position)
    }

    /// Goes on to the end of the log.
    ///
    /// - Parameter found: called with each input that ends otherwise; returns whether to go on.
    mutating func run(
        from start: UInt64, in reader: borrowing LogReader, progress: (UInt64, UInt64) -> Void,
        found: (Deviation) throws -> Bool
    ) throws {
        var goesOn = true
        try reader.forEachStep(from: start, progress: progress) { step in
            goesOn = try insert(before: step.input.leaf.seq, found) && take(step, found)
            return goesOn
        }
        if goesOn { _ = try insert(before: .max, found) }
    }

    private mutating func take(_ step: RecordedStep, _ found: (Deviation) throws -> Bool) throws -> Bool {
        let position = step.input.position
        time = position.time
        let real = actual.play(step)
        let recorded = StepResult(step)
        if hypothesis.without.contains(step.input.leaf.seq) {
            try keepMembers(at: position)
            return try found(
                Deviation(step: step, recorded: recorded, hypothetical: nil, failed: (real?.failed, nil)))
        }
        var instead: Input?
        if case .input(.policy(let policy, let rules), _) = step.input.content, let overrides = hypothesis.policy {
            instead = .policy(try overrides.applied(to: policy), rules)
        }
        guard let result = played.play(step, as: instead) else {
            totals.erased += 1
            return true
        }
        try keepMembers(at: position)
        return try compare(step, recorded, real?.failed, result, found)
    }

    private mutating func compare(
        _ step: RecordedStep, _ recorded: StepResult, _ failed: Check?,
        _ result: (failed: Check?, transition: Transition), _ found: (Deviation) throws -> Bool
    ) throws -> Bool {
        let hypothetical = StepResult(result.transition)
        if step.input.event != nil || step.decision != nil { totals.compared += 1 }
        guard recorded != hypothetical else {
            if !HypotheticalReplay.signsTheSame(step, result.transition) { totals.otherEvents += 1 }
            return true
        }
        totals.changed += 1
        totals.turns["\(recorded.outcome) → \(hypothetical.outcome)", default: 0] += 1
        return try found(
            Deviation(
                step: step, recorded: recorded, hypothetical: hypothetical, failed: (failed, result.failed)))
    }

    /// Whether the relay signs the same events: their ids tell, no key is needed.
    private static func signsTheSame(_ step: RecordedStep, _ transition: Transition) -> Bool {
        let recorded = step.outputs.compactMap { $0.event?.id }
        let ids = transition.outputs.compactMap { output -> EventID? in
            if case .event(let event) = output { event.id } else { nil }
        }
        return recorded == ids
    }

    private mutating func insert(before seq: UInt64, _ found: (Deviation) throws -> Bool) throws -> Bool {
        while let next = waiting.first, next.before <= seq {
            waiting.removeFirst()
            // It stands between two entries; what it makes has the position of the entry that it comes after.
            let position = Position(seq: next.before - min(next.before, 1), time: max(time, next.time ?? time))
            let session = played.state.sessions.all.last { $0.keys.contains { $0.key == next.event.pubkey } }?.id
            let (failed, transition) = played.change {
                $0.applyTracing(.event(next.event, session: session), at: position)
            }
            try keepMembers(at: position)
            totals.compared += 1
            let goesOn = try found(
                Deviation(
                    inserted: (next.event, position), hypothetical: StepResult(transition), failed: (nil, failed)))
            guard goesOn else { return false }
        }
        return true
    }

    /// Whoever is to be no member is removed as soon as somebody adds it, and the other way around.
    private mutating func keepMembers(at position: Position) throws {
        // There is nobody before the first policy.
        guard played.state.policySeq > 0 else { return }
        for key in hypothesis.withoutMembers {
            guard let member = played.state.membership[key] else { continue }
            guard member.role != .owner else {
                throw ReplayFailure(
                    .negative, "\(key.shortNpub) is the owner, who cannot be taken out: every grant stands on the owner"
                )
            }
            played.change { $0.apply(.operatorCommand(.membership(.remove(key))), at: position) }
        }
        for (key, role) in hypothesis.withMembers where played.state.membership[key]?.role != role {
            let member = played.state.membership[key]
            guard member?.role != .owner else { continue }
            let change: MembershipChange = member == nil ? .add(key, role) : .changeRole(key, role)
            played.change { $0.apply(.operatorCommand(.membership(change)), at: position) }
        }
    }
}
