import Dispatch
import Log
import Logging
import NIOCore
import NIOPosix
import Nostr
import Reducers
import Synchronization

/// The listening socket, the shards behind it, and the sequencer that they share.
final class Server: Sendable {
    private let settings: Settings
    private let group: MultiThreadedEventLoopGroup
    private let shards: [Shard]
    private let sequencer: SequencerThread
    private let readiness = Readiness()
    private let gate: ConnectionGate
    private let drops: Drops
    private let names: RelayNames
    private let router: HTTPRouter
    private let encryption: Encryption?
    let checkpoints: CheckpointPublisher
    let metrics: Metrics
    let facts: LiveFacts
    private let log: EventLog
    private let shared: SessionContext
    private let logger: Logger

    /// A server over an opened log. `fail` is called once when the log cannot be written any more.
    init(
        settings: Settings, opened: OpenedLog, encryption: Encryption?, witnesses: Witnesses, logger: Logger,
        fail: @escaping @Sendable (any Error) -> Void
    ) {
        self.encryption = encryption
        self.settings = settings
        self.logger = logger
        let threads = settings.limits.threads == 0 ? System.coreCount : settings.limits.threads
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        let publisher = Router(logSize: (try? opened.log.read { $0.size }) ?? 0)
        facts = LiveFacts(opened.state, settings: settings)
        log = opened.log
        metrics = Metrics()
        names = RelayNames(settings)
        sequencer = SequencerThread(
            Sequencer(
                log: opened.log, state: opened.state, facts: facts, secret: opened.identity.relay,
                limits: settings.limits, shardCount: threads, metrics: metrics),
            maximumQueue: settings.limits.maximumQueue,
            outage: OutageKeeper(
                log: opened.log,
                watch: DiskWatch(directory: settings.data, reserve: settings.limits.diskReserveBytes),
                lastSeq: opened.state.position?.seq, metrics: metrics, logger: logger),
            clock: ClockWatch(metrics: metrics, logger: logger), metrics: metrics,
            publish: { publisher.publish($0) }, fail: fail)
        let (sequencer, metrics) = (sequencer, metrics)
        let drops = Drops(metrics: metrics) { drops in sequencer.submit([Submission(content: .dropped(drops))]) }
        shards = group.makeIterator().enumerated().map { index, loop in
            Shard(
                index: index, of: threads, eventLoop: loop, log: opened.log, horizon: publisher.horizon,
                limits: settings.limits, metrics: metrics, drops: drops, submit: { sequencer.submit($0) })
        }
        for shard in shards { shard.beginBeating(every: settings.limits.pingSeconds) }
        publisher.connect(shards)
        gate = ConnectionGate(settings: settings, facts: facts, metrics: metrics, logger: logger, drops: drops)
        self.drops = drops
        let origin = opened.state.origin ?? ""
        checkpoints = CheckpointPublisher(
            log: opened.log, key: opened.identity.log, origin: origin, latest: opened.latestCheckpoint,
            witnesses: witnesses, interval: settings.checkpointSeconds, submit: { sequencer.submit([$0]) },
            metrics: metrics, logger: logger)
        let checkpoints = checkpoints
        let relay = opened.identity.relay.publicKey
        let rate = RateLimiter<PublicKey>(perSecond: settings.limits.eventsPerSecond, burst: settings.limits.eventBurst)
        router = HTTPRouter(
            information: RelayInformation(
                settings: settings, relay: relay,
                verifierKey: opened.identity.log.verifierKey(origin: origin)),
            readiness: readiness, facts: facts, metrics: metrics, settings: settings, relay: relay,
            doors: DoorContext(
                log: opened.log, limits: settings.limits, submit: { sequencer.submit([$0]) },
                used: UsedAuthorizations(), rate: rate, drops: drops,
                turns: LoopTurns(shards.map { ($0.eventLoop, $0.turns) }), metrics: metrics),
            names: names, gate: gate, files: LogFiles(log: opened.log, status: { checkpoints.status }))
        shared = SessionContext(relay: relay, limits: settings.limits, rate: rate, logger: logger)
    }

    /// Runs the sequencer on the calling thread until `stop()`.
    func runSequencer() { sequencer.run() }

    /// Lets `runSequencer()` return once what waits is committed.
    func stop() { sequencer.stop() }

    /// Hands an operator's command to the sequencer; `false` when it is overloaded.
    func submit(_ submission: Submission) -> Bool { sequencer.submit([submission]) }

    /// The figures that `ringdown-relay status` shows, as JSON.
    func status(address: String) -> [UInt8] {
        RelayStatus.json(
            metrics, facts.current, try? log.storage(), address: address, checkpoint: checkpoints.status)
    }

    var eventLoopGroup: MultiThreadedEventLoopGroup { group }

    /// Binds the listening socket.
    func listen(on address: ListenAddress) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(AcceptPause()) }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: ReadBuffers(capacity: ReadBuffers.strangerCapacity))
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 65_536, high: 262_144))
            .childChannelInitializer { [self] channel in prepare(channel) }
            .bind(host: address.host, port: address.port).get()
    }

    private func prepare(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard let shard = shards.first(where: { $0.eventLoop === channel.eventLoop }), let settle = gate.admit(channel)
        else { return channel.close() }
        let upgrade = WebSocketUpgrade(
            shard: shard, shared: shared, names: names, gate: gate, readiness: readiness, settle: settle)
        return channel.eventLoop.makeCompletedFuture { [router, settings, encryption] in
            try encryption?.secure(channel)
            let pipeline = HTTPPipeline()
            let handler = HTTPHandler(
                router: router, upgrade: upgrade, proxies: settings.trustedProxies, pipeline: pipeline,
                patienceSeconds: settings.limits.httpSeconds)
            try pipeline.install(on: channel, handler)
        }
    }

    /// Turns away new work, closes every connection with 1012 once its answers are out, commits what waits, and lets
    /// `runSequencer()` return.
    func drain(_ listener: any Channel) async {
        readiness.startDraining()
        try? await listener.close()
        let limit = settings.limits.drainSeconds
        await withTaskGroup(of: Bool.self) { [shards] group in
            group.addTask {
                for shard in shards { try? await shard.drain().get() }
                return true
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(limit))
                return false
            }
            if await group.next() == false {
                logger.warning("connections were still open when the time to drain was over")
            }
            group.cancelAll()
        }
        await publishLastCheckpoint()
        sequencer.stop()
    }

    /// What the log came to, signed, before nobody is there any more to take it in.
    private func publishLastCheckpoint() async {
        let (checkpoints, seconds) = (checkpoints, Double(settings.limits.drainSeconds))
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                checkpoints.finish(within: seconds)
                continuation.resume()
            }
        }
    }

    /// Ends the event loops, once the sequencer has ended.
    func shutdown() async { try? await group.shutdownGracefully() }
}

/// Carries committed batches to the shards, which are made after the sequencer that feeds them.
private final class Router: Sendable {
    private let shards = Mutex<[Shard]>([])
    let horizon: Horizon

    init(logSize: UInt64) { horizon = Horizon(size: logSize) }

    func connect(_ all: [Shard]) { shards.withLock { $0 = all } }

    func publish(_ batch: CommittedBatch) {
        let shards = shards.withLock { $0 }
        for shard in shards where batch.isForAll || !batch.replies[shard.index].isEmpty { shard.tell(batch) }
        horizon.advance(to: batch.size)
        for shard in shards { shard.wakeIfAwaiting() }
    }
}
