import Log
import Logging
import NIOCore
import NIOWebSocket
import Nostr
import Reducers

/// The whole relay but its sockets, its threads and its clock, stepped by hand: for the simulator.
///
/// The sequencer, the sessions behind their handlers, the fan-out and the log are the real ones. Whoever holds it decides
/// when bytes arrive, how many submissions one commit takes, and what comes between deciding, committing and speaking.
package final class SteppedRelay {
    package let log: EventLog
    package let secret: SecretKey
    package let logKey: LogKey
    /// What the sessions handed over and the sequencer has not taken yet, oldest first.
    package private(set) var waiting: [SteppedSubmission] = []

    private var core: Sequencer
    private let shard: Shard
    private let horizon: Horizon
    private let shared: SessionContext
    private let limits: ServerLimits
    private let inbox: SteppedInbox

    /// What time and chance are.
    package struct Outside: Sendable {
        package var now: @Sendable () -> Int64
        package var random: @Sendable () -> Bytes32

        package init(now: @escaping @Sendable () -> Int64, random: @escaping @Sendable () -> Bytes32) {
            self.now = now
            self.random = random
        }
    }

    /// Opens the log in a directory, or begins one, as `ringdown-relay run` does.
    ///
    /// - Parameters:
    ///   - secrets: the relay's key and the seed of the log's, written where there are none yet.
    package init(
        directory: String, secrets: (relay: SecretKey, log: [UInt8]), owner: PublicKey, limits: ServerLimits,
        eventLoop: any EventLoop, outside: Outside
    ) throws {
        try Identity.place(relay: secrets.relay, logSeed: secrets.log, in: directory)
        let world = World(now: outside.now, random: outside.random)
        var logger = Logger(label: "stepped")
        logger.logLevel = .critical
        var opened = try OpenedLog(
            directory: directory, policy: nil, origin: "relay.example.com/sim/1",
            initialMapBytes: limits.initialMapBytes, world: world, logger: logger)
        if opened.state.membership.owner == nil { try opened.append([.operatorCommand(.setOwner(owner))]) }
        try opened.append([.restart])
        let metrics = Metrics()
        log = opened.log
        secret = opened.identity.relay
        logKey = opened.identity.log
        self.limits = limits
        core = Sequencer(
            log: opened.log, state: opened.state, facts: LiveFacts(opened.state, settings: Settings()),
            secret: secret, limits: limits, shardCount: 1, metrics: metrics, world: world)
        let inbox = SteppedInbox(limit: limits.maximumQueue)
        self.inbox = inbox
        horizon = Horizon(size: try opened.log.read { $0.size })
        let drops = Drops(metrics: metrics) { inbox.put([Submission(content: .dropped($0))]) }
        shard = Shard(
            index: 0, of: 1, eventLoop: eventLoop, log: opened.log, horizon: horizon, limits: limits, metrics: metrics,
            drops: drops, submit: { inbox.put($0) })
        shared = SessionContext(
            relay: secret.publicKey, limits: limits,
            rate: RateLimiter(perSecond: limits.eventsPerSecond, burst: limits.eventBurst), logger: logger,
            world: world)
    }

    /// The state, as the sequencer has it now. Setting it is what a planted fault does.
    package var state: RelayState {
        get { core.state }
        set { core.state = newValue }
    }

    /// When time alone asks for a step, in microseconds since 1970.
    package var deadline: Int64? { core.deadline }

    // MARK: Connections

    /// Puts a session at the end of a channel's pipeline, as an upgrade to WebSocket does.
    package func connect(_ channel: any Channel) throws -> SteppedSession {
        let session = WebSocketSession(shard: shard, shared: shared, hosts: ["localhost"])
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandlers([
            WebSocketFrameEncoder(),
            ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: limits.maximumMessageBytes)),
        ])
        try WebSocketUpgrade.install(session, maximumBytes: limits.maximumMessageBytes, on: pipeline)
        return SteppedSession(session)
    }

    /// Takes over what the sessions handed in. What ends at the same moment has no order of its own, so it gets one.
    package func collect() {
        let (ends, others) = inbox.take()
        waiting += (others + ends.sorted { $0.endedSession ?? 0 < $1.endedSession ?? 0 }).map { SteppedSubmission($0) }
    }

    /// Hands in something that comes by another way than a session.
    package func submit(_ request: SteppedRequest, answer: @escaping @Sendable (Transition.Answer) -> Void) {
        waiting.append(
            SteppedSubmission(Submission(content: request.content, sender: .caller(answer))))
    }

    // MARK: The sequencer's step

    /// Takes submissions out of the line.
    package func take(_ count: Int) -> [SteppedSubmission] {
        let taken = Array(waiting.prefix(count))
        waiting.removeFirst(taken.count)
        return taken
    }

    /// Decides and writes; nothing is durable. Letting go of what it returns undoes what was written.
    package func prepare(_ submissions: [SteppedSubmission]) throws -> Prepared {
        Prepared(work: try core.prepare(submissions.map(\.submission)))
    }

    /// Makes durable.
    package func commit(_ prepared: Prepared) throws -> Committed {
        Committed(outcome: try core.commit(prepared.work))
    }

    /// Lets everybody know.
    package func publish(_ committed: Committed) {
        for answer in committed.outcome.answers { answer() }
        shard.publish(committed.outcome.committed)
        horizon.advance(to: committed.outcome.committed.size)
        shard.wakeIfAwaiting()
    }

    /// Ends with a snapshot, as a relay does that is told to stop.
    package func finish() throws { try core.finish() }

    /// A step that is decided and written and not durable.
    package struct Prepared {
        fileprivate let work: Sequencer.Work

        /// What it would come to, for a fault that speaks too early.
        package var asIfCommitted: Committed { Committed(outcome: work.outcome) }
    }

    /// A step that is durable and not told to anybody.
    package struct Committed {
        fileprivate var outcome: Sequencer.Outcome

        /// The events that go to subscribers, in the order of the log.
        package var events: [(seq: UInt64, event: Event)] {
            outcome.committed.events.map { ($0.seq, $0.event) }
        }

        /// Loses events on their way: what a planted fault does.
        package mutating func keepEvents(where isKept: (Event) -> Bool) {
            outcome.committed.events.removeAll { !isKept($0.event) }
        }
    }
}
