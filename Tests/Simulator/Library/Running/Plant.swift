import Log
import Nostr
import Reducers
import Relay

/// A fault that is planted on purpose, around the real core and never in it, to see whether it is found.
public enum Plant: String, Sendable, CaseIterable {
    /// Membership is looked at when a request arrives, and the pair emitted later (`gate.pml`, MODE 0).
    case checkThenEmit = "check-then-emit"
    /// The request is appended and decided, the outcome appended later without comparing (`gate.pml`, MODE 1).
    case outcomeLater = "outcome-later"
    /// A commit is told before it is durable.
    case emitBeforeCommit = "emit-before-commit"
    /// The target of a call is not rung.
    case oneEnd = "one-end"
    /// After a restart the last request is decided once more.
    case decidedTwice = "decided-twice"
    /// A request is fresh for a second too long.
    case staleByOne = "stale-by-one"
    /// A restart goes on from a snapshot without what came after it.
    case oldSnapshot = "old-snapshot"
    /// The live index misses the first event after a restart.
    case deafIndex = "deaf-index"

    /// The promises by whose breach it is to be found.
    public var breaks: Set<Violation.Promise> {
        switch self {
        case .checkThenEmit, .outcomeLater, .decidedTwice, .staleByOne: [.gate]
        case .emitBeforeCommit: [.order, .once]
        case .oneEnd, .deafIndex: [.delivery]
        case .oldSnapshot: [.replay]
        }
    }

    /// What is wrong with it, in one line.
    public var summary: String {
        switch self {
        case .checkThenEmit: "membership is looked at when a request arrives, and the pair emitted later"
        case .outcomeLater: "a request is appended, its outcome after whatever comes next"
        case .emitBeforeCommit: "a commit is told before it is durable, and the power fails"
        case .oneEnd: "the target of a call is not rung"
        case .decidedTwice: "after a restart the last granted request is decided once more"
        case .staleByOne: "a request is fresh for a second too long"
        case .oldSnapshot: "a restart forgets what came after its snapshot"
        case .deafIndex: "live subscriptions miss the first event after a restart"
        }
    }
}

/// What a planted fault remembers, and where it cuts in.
struct PlantMemory {
    private var plant: Plant?
    private var isFirst = false

    /// The relay was started.
    mutating func begin(_ plant: Plant?, _ simulation: Simulation) throws {
        guard let relay = simulation.relay else { return }
        self.plant = plant
        isFirst = true
        if plant == .oldSnapshot, simulation.book.size > 12 {
            relay.state = try relay.log.read { reader in
                try Replayer.state(of: reader, before: reader.size - min(reader.size - 1, 3))
            }
        }
        if plant == .decidedTwice { try decideAgain(relay, simulation) }
    }

    /// One commit.
    mutating func work(_ submissions: [SteppedSubmission], in simulation: Simulation) throws {
        guard let relay = simulation.relay else { return }
        switch plant {
        case .checkThenEmit: try checkThenEmit(submissions, relay, simulation)
        case .outcomeLater: try outcomeLater(submissions, relay, simulation)
        case .staleByOne: try staleByOne(submissions, relay, simulation)
        case .oneEnd:
            let committed = try relay.commit(try relay.prepare(submissions))
            var told = committed
            var calls = 0
            told.keepEvents { event in
                if event.kind == .callMeNow { calls += 1 }
                return event.kind != .callMeNow || !calls.isMultiple(of: 2)
            }
            try simulation.tell(committed, told: told)
        case .deafIndex where isFirst:
            let committed = try relay.commit(try relay.prepare(submissions))
            var told = committed
            if !committed.events.isEmpty {
                isFirst = false
                let lost = committed.events[0].event.id
                told.keepEvents { $0.id != lost }
            }
            try simulation.tell(committed, told: told)
        default: try simulation.honestWork(submissions)
        }
    }

    /// The power fails with these on their way.
    mutating func crash(
        _ submissions: [SteppedSubmission], _ moment: Action.Moment, in simulation: Simulation
    ) throws {
        guard let relay = simulation.relay else { return }
        let prepared = try relay.prepare(submissions)
        switch moment {
        case .idle: break
        case .beforeCommit where plant == .emitBeforeCommit:
            relay.publish(prepared.asIfCommitted)
            try simulation.pump()
        case .beforeCommit: break
        case .afterCommit:
            _ = try relay.commit(prepared)
            try simulation.lookAtLog()
        }
    }

    private func decideAgain(_ relay: SteppedRelay, _ simulation: Simulation) throws {
        let grant = simulation.book.facts.last { fact in
            if case .decision(let decision)? = fact.output { decision.outcome == .granted } else { false }
        }
        guard let grant, let input = simulation.book.facts[Int(grant.seq) - 1].input else { return }
        var state = try relay.log.read { try Replayer.state(of: $0, before: grant.seq - 1) }
        let batch = try relay.log.beginBatch()
        let (seq, time) = batch.next(now: simulation.chance.now)
        let step = state.step(input, at: Position(seq: seq, time: time), salt: simulation.chance.bytes32()) {
            $0.signed(by: relay.secret)
        }
        for draft in step.drafts { _ = try batch.append(draft, time: time) }
        try batch.commit()
    }

    private func checkThenEmit(
        _ submissions: [SteppedSubmission], _ relay: SteppedRelay, _ simulation: Simulation
    ) throws {
        let requests = submissions.filter { $0.event?.event.kind == .meshConnectRequest }
        let others = submissions.filter { $0.event?.event.kind != .meshConnectRequest }
        let atArrival = relay.state
        try simulation.honestWork(others)
        if !requests.isEmpty { try decide(requests, by: atArrival, relay, simulation) }
    }

    private func outcomeLater(
        _ submissions: [SteppedSubmission], _ relay: SteppedRelay, _ simulation: Simulation
    ) throws {
        guard let index = submissions.firstIndex(where: { $0.event?.event.kind == .meshConnectRequest }),
            let (event, session) = submissions[index].event
        else { return try simulation.honestWork(submissions) }
        var others = submissions
        others.remove(at: index)
        let batch = try relay.log.beginBatch()
        let (seq, time) = batch.next(now: simulation.chance.now)
        let step = relay.state.step(
            .event(event, session: session), at: Position(seq: seq, time: time), salt: simulation.chance.bytes32()
        ) { $0.signed(by: relay.secret) }
        _ = try batch.append(step.drafts[0], time: time)
        try batch.commit()
        try simulation.lookAtLog()
        try simulation.honestWork(others)
    }

    private func staleByOne(
        _ submissions: [SteppedSubmission], _ relay: SteppedRelay, _ simulation: Simulation
    ) throws {
        guard submissions.contains(where: { $0.event?.event.kind == .meshConnectRequest }) else {
            return try simulation.honestWork(submissions)
        }
        var loose = relay.state
        var policy = loose.policy
        policy.requestFreshnessSeconds += 1
        if let position = loose.position { loose.apply(.policy(policy, loose.rules), at: position) }
        try decide(submissions, by: loose, relay, simulation)
    }

    /// Decides by another state than the log's.
    private func decide(
        _ submissions: [SteppedSubmission], by state: RelayState, _ relay: SteppedRelay, _ simulation: Simulation
    ) throws {
        relay.state = state
        let committed = try relay.commit(try relay.prepare(submissions))
        // The rest of the design is faultless: only the decision was made by another state.
        relay.state = try relay.log.read { try Replayer.state(of: $0, useSnapshots: false, onOneCore: true) }
        try simulation.tell(committed)
    }
}
