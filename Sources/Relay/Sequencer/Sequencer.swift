import Log
import Nostr
import Reducers

/// Gives every input its place in the log: a core without threads, sockets or waiting, which is stepped.
///
/// A step applies each input to the state, appends it and what follows from it, commits once for all of them, and only
/// then hands back what may be said: decide, commit, then speak. `SequencerThread` feeds it from the shards; the simulator
/// steps the same core by hand (docs/design/synchronous-core.md).
struct Sequencer {
    /// Inputs that one commit takes at most.
    static let maximumBatch = 2048
    /// Snapshots that are kept, spread evenly over the log: a replay to any point of a log of a million entries begins
    /// less than 20,000 entries before it.
    static let keptSnapshots = 128
    /// Bytes of all of them: a state with ten thousand notes has 14 MB, so that nine such are kept.
    static let keptSnapshotBytes = 128 << 20

    private let log: EventLog
    private let facts: LiveFacts
    private let metrics: Metrics
    private let secret: SecretKey
    private let limits: ServerLimits
    private let shardCount: Int
    private let world: World

    var state: RelayState
    private var tally = DroppedTally()
    private var entriesSinceSnapshot = 0

    init(
        log: EventLog, state: RelayState, facts: LiveFacts, secret: SecretKey, limits: ServerLimits, shardCount: Int,
        metrics: Metrics, world: World = .real
    ) {
        self.log = log
        self.facts = facts
        self.metrics = metrics
        self.state = state
        self.secret = secret
        self.limits = limits
        self.shardCount = shardCount
        self.world = world
    }

    /// When time alone asks for a step, in microseconds since 1970: a note that goes stale, a tally that is due.
    var deadline: Int64? {
        [state.discovery.nextStaleness(policy: state.policy), tally.due].compactMap { $0 }.min()
    }

    /// What a step came to: everything that may be said now that it is durable.
    struct Outcome {
        var committed: CommittedBatch
        /// Hand callers their answers.
        fileprivate(set) var answers: [() -> Void]

        mutating func reply(to sender: Submission.Sender, _ content: Reply.Content) {
            guard case .connection(let id) = sender else { return }
            committed.replies[id.shard].append(Reply(connection: id.number, content: content))
        }

        mutating func answer(_ sender: Submission.Sender, _ answer: Transition.Answer) {
            guard case .caller(let resume) = sender else { return }
            answers.append { resume(answer) }
        }
    }

    /// What nothing comes to.
    var emptyOutcome: Outcome {
        var nothing = CommittedBatch(replies: Array(repeating: [], count: shardCount))
        nothing.size = (try? log.read { $0.size }) ?? 0
        return Outcome(committed: nothing, answers: [])
    }

    /// Carries inputs through, in order, in one commit.
    ///
    /// - Throws: when the log cannot be written. Nothing of the step is durable or may be said, and the core is not to be
    ///   stepped any more (AUDIT.md, "LMDB: what it promises").
    mutating func step(_ submissions: [Submission]) throws -> Outcome {
        try commit(prepare(submissions))
    }

    /// Ends with a snapshot, from which the next start goes on.
    mutating func finish() throws {
        var work = Work(batch: try log.beginBatch(), shardCount: shardCount)
        try appendSnapshot(&work)
        try work.batch.commit()
    }

    /// The first half of `step`: everything is decided and written, and nothing is durable.
    mutating func prepare(_ submissions: [Submission]) throws -> Work {
        var work = Work(batch: try log.beginBatch(), shardCount: shardCount)
        let now = world.now()
        for submission in submissions { try take(submission, &work) }
        if state.discovery.hasStaleNote(at: now, policy: state.policy) { try append(.tick, &work) }
        if let dropped = tally.take(at: now) { try append(.dropped(dropped), &work) }
        if entriesSinceSnapshot >= limits.snapshotInterval { try appendSnapshot(&work) }
        work.committed.size = work.batch.size
        return work
    }

    /// The second half of `step`: makes it durable.
    mutating func commit(_ work: Work) throws -> Outcome {
        if work.entries > 0 || work.changesArchive {
            let begun = ContinuousClock.now
            try work.batch.commit()
            metrics.commits.observe((ContinuousClock.now - begun).seconds)
            metrics.batches.observe(Double(work.entries))
            entriesSinceSnapshot += work.entries
            work.tally.add(to: metrics)
            facts.renew(state, all: work.changesSettings)
        } else {
            work.batch.abort()
        }
        return work.outcome
    }

    private mutating func appendSnapshot(_ work: inout Work) throws {
        let step = try append(.snapshotPoint, &work)
        try work.batch.storeSnapshot(seq: step.position.seq, bytes: state.snapshot)
        try work.batch.thinSnapshots(
            keeping: Sequencer.keptSnapshots, bytes: Sequencer.keptSnapshotBytes)
        entriesSinceSnapshot = 0
    }

    /// What one step gathers.
    struct Work {
        fileprivate let batch: Batch
        fileprivate(set) var committed: CommittedBatch
        fileprivate var answers: [() -> Void] = []
        fileprivate var changesSettings = false
        /// Whether entries left the log.
        fileprivate var changesArchive = false
        fileprivate var entries = 0
        /// What the metrics learn of it once it is committed.
        fileprivate var tally = StepTally()

        /// What may be said once it is durable.
        var outcome: Outcome { Outcome(committed: committed, answers: answers) }

        fileprivate init(batch: Batch, shardCount: Int) {
            self.batch = batch
            committed = CommittedBatch(replies: Array(repeating: [], count: shardCount))
        }

        fileprivate mutating func reply(to sender: Submission.Sender, _ content: Reply.Content) {
            guard case .connection(let id) = sender else { return }
            committed.replies[id.shard].append(Reply(connection: id.number, content: content))
        }

        fileprivate mutating func answer(_ sender: Submission.Sender, _ answer: Transition.Answer) {
            guard case .caller(let resume) = sender else { return }
            answers.append { resume(answer) }
        }
    }

    private mutating func take(_ submission: Submission, _ work: inout Work) throws {
        switch submission.content {
        case .event(let event, let session):
            let answer = try take(event, session: session, absentFrom: submission.absentFrom, &work)
            work.reply(to: submission.sender, .event(event.id, answer))
        case .authenticate(let event, let session):
            let (answer, name) = try authenticate(event, session: session, &work)
            work.reply(to: submission.sender, .authenticated(event.id, event.pubkey, answer, session: name))
        case .listening(let session, let keys):
            if state.sessions[session] != nil { try append(.listening(session: session, keys: keys), &work) }
            work.reply(to: submission.sender, .listening)
        case .closed(let session, let reason):
            guard state.sessions[session] != nil else { return }
            try append(.closed(session: session, reason: reason), &work)
        case .delivered(let delivery):
            try append(.delivered(delivery), &work)
        case .operatorCommand(let command):
            work.answer(submission.sender, try append(.operatorCommand(command), &work).transition.answer)
        case .policy(let policy):
            work.answer(submission.sender, try put(policy, &work))
        case .join(let event, let door):
            let answer = try join(event, door, &work)
            work.reply(to: submission.sender, .joined(event.id, answer))
            work.answer(submission.sender, answer)
        case .invite(let session, let subscription):
            let (event, answer) = try invite(session, &work)
            work.reply(to: submission.sender, .invited(subscription, event, answer))
        case .admission(let authorization):
            work.answer(submission.sender, admission(authorization))
        case .post(let event, let authorization):
            work.answer(submission.sender, try post(event, authorization, &work))
        case .management(let body, let authorization):
            work.answer(submission.sender, try manage(body, authorization, &work))
        case .imported(let event):
            work.answer(submission.sender, try bringIn(event, &work))
        case .erasure(let positions, let reason):
            work.answer(submission.sender, try erase(positions, reason, &work))
        case .checkpoint(let note):
            work.answer(submission.sender, try append(.checkpoint(note: note), &work).transition.answer)
        case .disclosure(let positions, let authorization):
            work.answer(submission.sender, try disclose(positions, authorization, &work))
        case .archive(let step):
            work.answer(submission.sender, try work.batch.carryOut(step, in: log))
            work.changesArchive = true
        case .dropped(let drops):
            let bundle = drops.take()
            for (reason, count) in bundle.counts { tally.count(reason, count) }
            for key in bundle.keys { tally.add(key) }
        }
    }

    @discardableResult
    private mutating func append(_ input: Input, _ work: inout Work) throws -> Step {
        let step = try work.batch.append(
            input, to: &state, signedBy: secret, in: world, served: &work.committed.events)
        work.entries += step.drafts.count
        for session in step.transition.ended { work.committed.ended[session] = step.position.seq }
        work.tally.count(step, of: input)
        switch input {
        case .operatorCommand, .management, .policy: work.changesSettings = true
        default: break
        }
        return step
    }

    /// Counts what is turned away before the log, and returns what its sender is told.
    private mutating func turnAway(_ refusal: Refusal, key: PublicKey?) -> Transition.Answer {
        count(dropped: refusal.code, key: key)
        return Transition.Answer(accepted: false, message: refusal.message)
    }

    private mutating func count(dropped reason: String, key: PublicKey?) {
        tally.count(reason)
        if let key { tally.add(key) }
        metrics.count(dropped: reason)
    }
}

// MARK: What is turned away before the log, and what is not

extension Sequencer {
    private mutating func take(
        _ event: Event, session: UInt64?, door: Door = .webSocket, absentFrom version: LogVersion? = nil,
        _ work: inout Work
    ) throws -> Transition.Answer {
        if let refusal = state.turnsAway(event, at: work.batch.next(now: world.now()).time) {
            return turnAway(refusal, key: event.pubkey)
        }
        // Mesh requests and commands remember their ids in the state, so that a replay is a logged refusal.
        if try work.batch.contains(event.id, absentFrom: version) {
            return Transition.Answer(accepted: true, message: "duplicate: already have this event")
        }
        if try work.batch.isDeleted(event) { return turnAway(.deleted, key: event.pubkey) }
        return try append(.event(event, session: session, door: door), &work).transition.answer
    }

    private mutating func authenticate(
        _ event: Event, session: UInt64?, _ work: inout Work
    ) throws -> (Transition.Answer, session: UInt64?) {
        if let refusal = state.admission(of: event, session: session).refusal {
            return (turnAway(refusal, key: event.pubkey), nil)
        }
        let step = try append(.authenticated(event, session: session), &work)
        return (step.transition.answer, step.transition.answer.accepted ? session ?? step.position.seq : nil)
    }

    /// Strangers may try codes, but neither at the log's expense nor at that of a signature check.
    private mutating func join(_ event: Event, _ door: Door, _ work: inout Work) throws -> Transition.Answer {
        guard state.knowsInvite(of: event) || state.membership[event.pubkey] != nil else {
            return turnAway(.inviteInvalid, key: nil)
        }
        do {
            try event.verify()
        } catch {
            return turnAway(.invalidEvent(error.message), key: nil)
        }
        return try take(event, session: nil, door: door, &work)
    }

    private mutating func invite(_ session: UInt64, _ work: inout Work) throws -> (Event?, Transition.Answer) {
        guard state.sessions[session] != nil else { return (nil, turnAway(.notAuthenticated, key: nil)) }
        let code = Text(Hex.encode(Array(world.random().bytes.prefix(Sequencer.inviteCodeBytes))))
        let step = try append(.inviteRequested(session: session, code: code), &work)
        return (step.events.first?.event, step.transition.answer)
    }

    /// Random bytes of an invite code.
    private static let inviteCodeBytes = 16

    mutating func admission(_ authorization: Event) -> Transition.Answer {
        state.admission(of: authorization, session: nil).refusal.map { turnAway($0, key: authorization.pubkey) }
            ?? Transition.Answer(accepted: true, message: "")
    }

    /// Whether an authorization is in the log already: the memory of what was used ends with the process, the log does
    /// not.
    private func wasUsed(_ authorization: Event) throws -> Bool {
        try log.read { try !$0.positions(of: authorization.id).isEmpty }
    }

    /// One event over HTTP: a session that begins with its authorization and ends with its answer.
    private mutating func post(_ event: Event, _ authorization: Event, _ work: inout Work) throws -> Transition.Answer {
        if try wasUsed(authorization) { return turnAway(.authorizationUsed, key: nil) }
        if let refusal = state.admission(of: authorization, session: nil).refusal {
            guard event.kind == .joinRequest, event.pubkey == authorization.pubkey else {
                return turnAway(refusal, key: authorization.pubkey)
            }
            return try join(event, .http, &work)
        }
        let (answer, session) = try authenticate(authorization, session: nil, &work)
        guard let session else { return answer }
        let outcome = try take(event, session: session, door: .http, &work)
        if state.sessions[session] != nil { try append(.closed(session: session, reason: "answered"), &work) }
        return outcome
    }

    private mutating func manage(_ body: [UInt8], _ authorization: Event, _ work: inout Work) throws
        -> Transition.Answer
    {
        if try wasUsed(authorization) { return turnAway(.authorizationUsed, key: nil) }
        guard state.membership[authorization.pubkey] != nil else {
            return turnAway(.notMember, key: authorization.pubkey)
        }
        guard body.count <= ManagementCall.maximumBodyBytes, String(validating: body, as: UTF8.self) != nil else {
            return turnAway(
                .managementMalformed("at most \(ManagementCall.maximumBodyBytes) bytes of JSON"),
                key: authorization.pubkey)
        }
        if let refusal = state.turnsAway(authorization, at: work.batch.next(now: world.now()).time) {
            return turnAway(refusal, key: authorization.pubkey)
        }
        return try append(.management(body: body, authorization: authorization), &work).transition.answer
    }

    /// Whoever reads payloads is on record before they leave.
    private mutating func disclose(
        _ positions: ClosedRange<UInt64>, _ authorization: Event, _ work: inout Work
    ) throws -> Transition.Answer {
        if try wasUsed(authorization) { return turnAway(.authorizationUsed, key: nil) }
        let key = authorization.pubkey
        let isAdmin = state.membership[key].map { $0.role >= .admin } ?? false
        guard isAdmin || state.policy.auditors.contains(key) else {
            count(dropped: "not_auditor", key: key)
            return Transition.Answer(
                accepted: false, message: "restricted: only the owner, admins and auditors read the log's payloads")
        }
        return try append(.disclosed(positions, authorization: authorization), &work).transition.answer
    }

    private mutating func put(_ policy: Policy, _ work: inout Work) throws -> Transition.Answer {
        guard policy != state.policy else {
            return Transition.Answer(accepted: true, message: "info: these settings are in force already")
        }
        return try append(.policy(policy, .current), &work).transition.answer
    }

    private mutating func bringIn(_ event: Event, _ work: inout Work) throws -> Transition.Answer {
        if try work.batch.contains(event.id) {
            return Transition.Answer(accepted: true, message: "duplicate: already have this event")
        }
        if try work.batch.isDeleted(event) { return turnAway(.deleted, key: event.pubkey) }
        return try append(.event(event, session: nil, door: .imported), &work).transition.answer
    }

    private mutating func erase(_ positions: [UInt64], _ reason: String, _ work: inout Work) throws -> Transition.Answer
    {
        do {
            let erased = try work.batch.erase(
                positions, reason: reason, in: log, state: &state, signedBy: secret, in: world)
            work.entries += erased.steps.reduce(0) { $0 + $1.drafts.count }
            return Transition.Answer(accepted: true, message: "info: \(erased.count) payloads erased")
        } catch let error as LogError where error.isMisuse {
            return Transition.Answer(accepted: false, message: "invalid: \(error.description)")
        }
    }
}
