import Logging
import NIOCore
import Nostr
import Synchronization

/// Who may connect: how many at once, how many from one address, and who is blocked (NIP-86, `blockip`).
///
/// What a proxy passes on is judged twice: the proxy's connection counts as one of all, and each WebSocket on it for the
/// client that the proxy names.
final class ConnectionGate: Sendable {
    /// Why somebody is turned away. The raw values are the words in the log and in the metrics.
    enum Refusal: String {
        case tooMany = "connections"
        case tooManyFromAddress = "address_connections"
        case tooFastFromAddress = "connection_rate"
        case blocked = "address_blocked"

        /// What a client hears that asked for something.
        var answer: HTTPAnswer {
            switch self {
            case .tooMany: .failure("error: too many connections, try again later")
            case .tooManyFromAddress: .failure("rate-limited: too many connections from this address")
            case .tooFastFromAddress: .failure("rate-limited: too many new connections from this address")
            case .blocked: .failure("blocked: this address is blocked")
            }
        }
    }

    private let limits: ServerLimits
    private let proxies: TrustedProxies
    private let facts: LiveFacts
    private let metrics: Metrics
    private let logger: Logger
    private let drops: Drops
    private let open = Atomic<Int>(0)
    private let addresses: AddressCounts
    private let rate: RateLimiter<ArraySlice<UInt8>>
    private let requestRate: RateLimiter<ArraySlice<UInt8>>
    private let waitingRoom = WaitingRoom()

    /// Seconds of its rate that an address may use at once.
    private static let requestBurstSeconds = 10

    /// A gate. `drops` counts whom it turns away.
    init(settings: Settings, facts: LiveFacts, metrics: Metrics, logger: Logger, drops: Drops) {
        limits = settings.limits
        proxies = settings.trustedProxies
        self.facts = facts
        self.metrics = metrics
        self.logger = logger
        self.drops = drops
        // Whoever has a million addresses could fill these tables: then they are no limit, and the others remain.
        rate = RateLimiter(
            perSecond: limits.connectionsPerSecondPerAddress, burst: limits.maximumConnectionsPerAddress,
            admitsUnknown: true)
        requestRate = RateLimiter(
            perSecond: limits.requestsPerSecondPerAddress,
            burst: limits.requestsPerSecondPerAddress * ConnectionGate.requestBurstSeconds, admitsUnknown: true)
        addresses = AddressCounts(limit: settings.limits.maximumConnectionsPerAddress)
    }

    /// Takes a new connection in, of which nothing but the peer is known; `nil` when it has to be closed. What is returned
    /// is called when the connection has authenticated.
    func admit(_ channel: any Channel) -> (@Sendable () -> Void)? {
        if open.wrappingAdd(1, ordering: .relaxed).newValue > limits.maximumConnections {
            guard waitingRoom.evict() else {
                open.wrappingSubtract(1, ordering: .relaxed)
                logger.warning("too many connections", metadata: ["limit": "\(limits.maximumConnections)"])
                drop(.tooMany)
                return nil
            }
            drops.count("stranger_evicted")
        }
        let ticket = waitingRoom.enter(channel)
        metrics.connections.wrappingAdd(1, ordering: .relaxed)
        channel.closeFuture.whenComplete { [self] _ in
            open.wrappingSubtract(1, ordering: .relaxed)
            metrics.connections.wrappingSubtract(1, ordering: .relaxed)
            waitingRoom.leave(ticket)
        }
        let settle: @Sendable () -> Void = { [waitingRoom] in waitingRoom.leave(ticket) }
        let peer = ClientAddress(peer: channel.remoteAddress)
        // Behind a proxy the client is known with its request only.
        guard let address = peer.address, !proxies.contains(address) else { return settle }
        return admit(peer, on: channel) == nil ? settle : nil
    }

    /// Whether a client may make one more HTTP request now, which is counted.
    func admitRequest(_ client: ClientAddress) -> Bool {
        guard let address = counted(client) else { return true }
        guard requestRate.admits(AddressCounts.key(address), at: Clock.microseconds()) else {
            drops.count("request_rate_of_address")
            return false
        }
        return true
    }

    /// The address for which limits count a client. This machine's own connections are not counted: a proxy that says
    /// nothing of its clients would lock them out.
    private func counted(_ client: ClientAddress) -> InternetAddress? {
        guard let address = client.address, client.isForwarded || !address.isLoopback else { return nil }
        return address
    }

    private func drop(_ refusal: Refusal) { drops.count(refusal.rawValue) }

    /// Takes in a WebSocket of a client whom a trusted proxy named; any other was taken in with its connection.
    func admitForwarded(_ client: ClientAddress, on channel: any Channel) -> Refusal? {
        client.isForwarded ? admit(client, on: channel) : nil
    }

    /// Whether requests from that address are refused.
    func isBlocked(_ client: ClientAddress) -> Bool {
        guard let address = client.address else { return false }
        return facts.current.blocked.contains { $0.contains(address) }
    }

    private func admit(_ client: ClientAddress, on channel: any Channel) -> Refusal? {
        if isBlocked(client) {
            drop(.blocked)
            return .blocked
        }
        guard let address = counted(client) else { return nil }
        guard rate.admits(AddressCounts.key(address), at: Clock.microseconds()) else {
            drop(.tooFastFromAddress)
            return .tooFastFromAddress
        }
        guard addresses.begin(address) else {
            drop(.tooManyFromAddress)
            return .tooManyFromAddress
        }
        channel.closeFuture.whenComplete { [addresses] _ in addresses.end(address) }
        return nil
    }
}
