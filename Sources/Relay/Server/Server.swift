import Log
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Nostr
import Reducers
import Synchronization

/// The listening socket, the shards behind it, and the sequencer that they share.
final class Server: Sendable {
    private let settings: Settings
    private let group: MultiThreadedEventLoopGroup
    private let shards: [Shard]
    private let sequencer: Sequencer
    private let readiness = Readiness()
    private let connections = ConnectionCount()
    private let router: HTTPRouter
    private let addresses: AddressLimits
    let metrics: Metrics
    let facts: LiveFacts
    private let log: EventLog
    private let shared: SessionContext
    private let logger: Logger

    /// A server over an opened log. `fail` is called once when the log cannot be written any more.
    init(
        settings: Settings, opened: OpenedLog, logger: Logger, fail: @escaping @Sendable (any Error) -> Void
    ) {
        self.settings = settings
        self.logger = logger
        let threads = settings.limits.threads == 0 ? System.coreCount : settings.limits.threads
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        let publisher = Router()
        facts = LiveFacts(opened.state, settings: settings)
        log = opened.log
        metrics = Metrics()
        addresses = AddressLimits(limit: settings.limits.maximumConnectionsPerAddress)
        sequencer = Sequencer(
            log: opened.log, state: opened.state, facts: facts, secret: opened.identity.relay, limits: settings.limits,
            shardCount: threads, metrics: metrics, logger: logger, publish: { publisher.publish($0) }, fail: fail)
        let (sequencer, metrics) = (sequencer, metrics)
        shards = group.makeIterator().enumerated().map { index, loop in
            Shard(
                index: index, eventLoop: loop, log: opened.log, metrics: metrics, submit: { sequencer.submit($0) })
        }
        publisher.connect(shards)
        let relay = opened.identity.relay.publicKey
        router = HTTPRouter(
            information: RelayInformation(
                settings: settings, relay: relay,
                verifierKey: opened.identity.log.verifierKey(origin: opened.state.origin ?? "")),
            readiness: readiness, facts: facts, metrics: metrics, settings: settings, relay: relay,
            doors: DoorContext(
                log: opened.log, limits: settings.limits, submit: { sequencer.submit([$0]) },
                used: UsedAuthorizations()))
        var hosts = Set(settings.urls.compactMap { RelayURL($0)?.host })
        if let host = settings.listen.flatMap({ RelayURL.host(ofAuthority: $0.description) }) { hosts.insert(host) }
        shared = SessionContext(
            relay: opened.identity.relay.publicKey, limits: settings.limits, hosts: hosts, logger: logger)
    }

    /// Runs the sequencer on the calling thread until `stop()`.
    func runSequencer() { sequencer.run() }

    /// Lets `runSequencer()` return once what waits is committed.
    func stop() { sequencer.stop() }

    /// Hands an operator's command to the sequencer; `false` when it is overloaded.
    func submit(_ submission: Submission) -> Bool { sequencer.submit([submission]) }

    /// The figures that `ringdown-relay status` shows, as JSON.
    func status(address: String) -> [UInt8] {
        RelayStatus.json(metrics, facts.current, try? log.storage(), address: address)
    }

    var eventLoopGroup: MultiThreadedEventLoopGroup { group }

    /// Binds the listening socket.
    func listen(on address: ListenAddress) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: ReadBuffers())
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 65_536, high: 262_144))
            .childChannelInitializer { [self] channel in prepare(channel) }
            .bind(host: address.host, port: address.port).get()
    }

    private func prepare(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard connections.begin(limit: settings.limits.maximumConnections) else {
            logger.warning("too many connections", metadata: ["limit": "\(settings.limits.maximumConnections)"])
            return turnAway(channel, "connections")
        }
        metrics.connections.wrappingAdd(1, ordering: .relaxed)
        channel.closeFuture.whenComplete { [connections, metrics] _ in
            connections.end()
            metrics.connections.wrappingSubtract(1, ordering: .relaxed)
        }
        let peer = ClientAddress(peer: channel.remoteAddress)
        // Behind a proxy the address is known with the first request only.
        if let address = peer.address, !isTrusted(address) {
            guard !router.isBlocked(peer) else { return turnAway(channel, "address_blocked") }
            guard admit(address, channel) else { return turnAway(channel, "address_connections") }
        }
        guard let shard = shards.first(where: { $0.eventLoop === channel.eventLoop }) else { return channel.close() }
        let limit = settings.limits.maximumMessageBytes
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: limit, automaticErrorHandling: false,
            shouldUpgrade: { [self] channel, head in
                channel.eventLoop.makeSucceededFuture(mayUpgrade(channel, head) ? HTTPHeaders() : nil)
            },
            upgradePipelineHandler: { [shared, settings] channel, head in
                channel.eventLoop.makeCompletedFuture {
                    var hosts = shared.hosts
                    let client = ClientAddress(
                        peer: channel.remoteAddress, headers: head.headers, trusted: settings.trustedProxies)
                    if let host = client.host.flatMap({ RelayURL.host(ofAuthority: $0) }) { hosts.insert(host) }
                    if let address = channel.localAddress?.ipAddress,
                        let host = RelayURL.host(ofAuthority: address.contains(":") ? "[\(address)]" : address)
                    {
                        hosts.insert(host)
                    }
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: Server.maximumFragments,
                            maxAccumulatedFrameSize: limit),
                        WebSocketSession(shard: shard, shared: shared, hosts: hosts),
                    ])
                }
            })
        return channel.eventLoop.makeCompletedFuture { [router, settings] in
            let handler = HTTPHandler(
                router: router, trusted: settings.trustedProxies, patienceSeconds: settings.limits.httpSeconds)
            let box = NIOLoopBound(handler, eventLoop: channel.eventLoop)
            try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                withServerUpgrade: (
                    upgraders: [upgrader],
                    completionHandler: { context in
                        context.pipeline.syncOperations.removeHandler(box.value, promise: nil)
                    }
                ))
            try channel.pipeline.syncOperations.addHandler(handler)
        }
    }

    private func isTrusted(_ address: InternetAddress) -> Bool {
        settings.trustedProxies.contains { $0.contains(address) }
    }

    /// Counts a connection for its address; `false` when the address has too many. This machine's own are not counted.
    private func admit(_ address: InternetAddress, _ channel: any Channel) -> Bool {
        guard !address.isLoopback else { return true }
        guard addresses.begin(address) else { return false }
        channel.closeFuture.whenComplete { [addresses] _ in addresses.end(address) }
        return true
    }

    private func mayUpgrade(_ channel: any Channel, _ head: HTTPRequestHead) -> Bool {
        guard readiness.isReady else { return false }
        let client = ClientAddress(peer: channel.remoteAddress, headers: head.headers, trusted: settings.trustedProxies)
        guard client.isForwarded, let address = client.address else { return true }
        guard !router.isBlocked(client) else {
            count("address_blocked")
            return false
        }
        guard admit(address, channel) else {
            count("address_connections")
            return false
        }
        return true
    }

    private func count(_ reason: String) {
        _ = sequencer.submit([Submission(content: .dropped(reason: reason, key: nil))])
    }

    private func turnAway(_ channel: any Channel, _ reason: String) -> EventLoopFuture<Void> {
        count(reason)
        return channel.close()
    }

    /// Frames that one message may be sent in.
    private static let maximumFragments = 1024

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
        sequencer.stop()
    }

    /// Ends the event loops, once the sequencer has ended.
    func shutdown() async { try? await group.shutdownGracefully() }
}

/// How many connections are open.
private final class ConnectionCount: Sendable {
    private let count = Atomic<Int>(0)

    func begin(limit: Int) -> Bool {
        guard count.wrappingAdd(1, ordering: .relaxed).newValue <= limit else {
            end()
            return false
        }
        return true
    }

    func end() { count.wrappingSubtract(1, ordering: .relaxed) }
}

/// Carries committed batches to the shards, which are made after the sequencer that feeds them.
private final class Router: Sendable {
    private let shards = Mutex<[Shard]>([])

    func connect(_ all: [Shard]) { shards.withLock { $0 = all } }

    func publish(_ batch: CommittedBatch) {
        let shards = shards.withLock { $0 }
        let isForAll = !batch.events.isEmpty || !batch.ended.isEmpty
        for shard in shards where isForAll || !batch.replies[shard.index].isEmpty {
            shard.eventLoop.execute { shard.publish(batch) }
        }
    }
}
