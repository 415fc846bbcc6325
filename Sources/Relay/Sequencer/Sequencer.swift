import Log
import Logging
import Nostr
import Reducers
import Synchronization

/// Gives every input its place in the log: one thread, one writer.
///
/// It takes whatever waits, applies each input to the state, appends it and what follows from it, commits once for all
/// of them, and only then lets anyone know: decide, commit, then speak. While a commit is on its way to the disk the next
/// inputs gather, so that under load one fsync serves many.
///
/// The state, the log's writing side and the tally belong to the thread alone; everybody else reaches them through
/// `submit(_:)`. That is the argument for `@unchecked Sendable`.
final class Sequencer: @unchecked Sendable {
    /// Inputs that one commit takes at most.
    static let maximumBatch = 2048
    /// Snapshots that are kept: enough to begin near any recent point, without growing for ever.
    static let keptSnapshots = 64

    private let log: EventLog
    private let secret: SecretKey
    private let limits: ServerLimits
    private let logger: Logger
    private let inbox: Inbox
    /// Hands a committed batch to the shards.
    private let publish: @Sendable (CommittedBatch) -> Void
    private let shardCount: Int
    /// Called once when the log cannot be written any more: the process has to end.
    private let fail: @Sendable (any Error) -> Void

    private var state: RelayState
    private var tally = DroppedTally()
    private var entriesSinceSnapshot = 0

    init(
        log: EventLog, state: RelayState, secret: SecretKey, limits: ServerLimits, shardCount: Int, logger: Logger,
        publish: @escaping @Sendable (CommittedBatch) -> Void, fail: @escaping @Sendable (any Error) -> Void
    ) {
        self.log = log
        self.state = state
        self.secret = secret
        self.limits = limits
        self.shardCount = shardCount
        self.logger = logger
        self.publish = publish
        self.fail = fail
        inbox = Inbox(limit: limits.maximumQueue)
    }

    /// Hands over inputs in order; `false` when too many wait already and none was taken.
    func submit(_ submissions: [Submission]) -> Bool { inbox.put(submissions) }

    /// Works until `stop()` was called and everything that waited is committed; ends with a snapshot.
    func run() {
        do {
            while let submissions = inbox.take(most: Sequencer.maximumBatch, until: nextDeadline()) {
                try process(submissions)
            }
            try snapshot()
        } catch {
            // A failed commit is never retried in place (AUDIT.md, "LMDB: what it promises"): stop accepting and end.
            inbox.close()
            fail(error)
        }
    }

    /// Lets `run()` return once everything that waits is committed.
    func stop() { inbox.close() }

    /// When the thread has to look after itself: a note that goes stale, a tally that is due.
    private func nextDeadline() -> Int64? {
        [state.discovery.nextStaleness(policy: state.policy), tally.due].compactMap { $0 }.min()
    }

    private func process(_ submissions: [Submission]) throws {
        var work = Work(batch: try log.beginBatch(), shardCount: shardCount)
        work.committed.privateSignaling = state.policy.privateSignaling
        let now = Clock.microseconds()
        for submission in submissions { try take(submission, &work) }
        if state.discovery.hasStaleNote(at: now, policy: state.policy) { try append(.tick, &work) }
        if let dropped = tally.take(at: now) { try append(.dropped(dropped), &work) }
        if entriesSinceSnapshot >= limits.snapshotInterval { try appendSnapshot(&work) }
        if work.entries > 0 {
            try work.batch.commit()
            entriesSinceSnapshot += work.entries
        } else {
            work.batch.abort()
        }
        for answer in work.answers { answer() }
        publish(work.committed)
    }

    private func snapshot() throws {
        var work = Work(batch: try log.beginBatch(), shardCount: shardCount)
        try appendSnapshot(&work)
        try work.batch.commit()
    }

    private func appendSnapshot(_ work: inout Work) throws {
        let step = try append(.snapshotPoint, &work)
        try work.batch.storeSnapshot(seq: step.position.seq, bytes: state.snapshot)
        try work.batch.pruneSnapshots(keeping: Sequencer.keptSnapshots)
        entriesSinceSnapshot = 0
    }

    /// What one pass of the thread gathers.
    private struct Work {
        let batch: Batch
        var committed: CommittedBatch
        var answers: [() -> Void] = []
        var entries = 0

        init(batch: Batch, shardCount: Int) {
            self.batch = batch
            committed = CommittedBatch(replies: Array(repeating: [], count: shardCount))
        }

        mutating func reply(to sender: Submission.Sender, _ content: Reply.Content) {
            guard case .connection(let id) = sender else { return }
            committed.replies[id.shard].append(Reply(connection: id.number, content: content))
        }
    }

    private func take(_ submission: Submission, _ work: inout Work) throws {
        switch submission.content {
        case .event(let event, let session):
            let answer = try take(event, session: session, &work)
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
            let answer = try append(.operatorCommand(command), &work).transition.answer
            if case .caller(let resume) = submission.sender { work.answers.append { resume(answer) } }
        case .dropped(let reason, let key):
            tally.count(reason, key: key)
        }
    }

    private func take(_ event: Event, session: UInt64, _ work: inout Work) throws -> Transition.Answer {
        if let refusal = state.turnsAway(event, at: work.batch.next(now: Clock.microseconds()).time) {
            tally.count(refusal.code, key: event.pubkey)
            return Transition.Answer(accepted: false, message: refusal.message)
        }
        // Mesh requests and commands remember their ids in the state, so that a replay is a logged refusal.
        if try work.batch.contains(event.id) {
            return Transition.Answer(accepted: true, message: "duplicate: already have this event")
        }
        return try append(.event(event, session: session), &work).transition.answer
    }

    private func authenticate(
        _ event: Event, session: UInt64?, _ work: inout Work
    ) throws -> (Transition.Answer, session: UInt64?) {
        if let refusal = state.admission(of: event.pubkey, session: session) {
            tally.count(refusal.code, key: event.pubkey)
            return (Transition.Answer(accepted: false, message: refusal.message), nil)
        }
        let step = try append(.authenticated(event, session: session), &work)
        return (step.transition.answer, step.transition.answer.accepted ? session ?? step.position.seq : nil)
    }

    @discardableResult
    private func append(_ input: Input, _ work: inout Work) throws -> Step {
        let (step, served) = try work.batch.append(input, to: &state, signedBy: secret)
        work.entries += step.drafts.count
        work.committed.events.append(contentsOf: served)
        if let expelled = step.transition.expelled { work.committed.expelled.append(expelled) }
        return step
    }
}
