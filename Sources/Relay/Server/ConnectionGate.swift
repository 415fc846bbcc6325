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
        case blocked = "address_blocked"

        /// What a client hears that asked for something.
        var answer: HTTPAnswer {
            switch self {
            case .tooMany: .failure("error: too many connections, try again later")
            case .tooManyFromAddress: .failure("rate-limited: too many connections from this address")
            case .blocked: .failure("blocked: this address is blocked")
            }
        }
    }

    private let limits: ServerLimits
    private let proxies: TrustedProxies
    private let facts: LiveFacts
    private let metrics: Metrics
    private let logger: Logger
    private let drop: @Sendable (Refusal) -> Void
    private let open = Atomic<Int>(0)
    private let addresses: AddressCounts

    /// A gate. `drop` counts whom it turns away.
    init(
        settings: Settings, facts: LiveFacts, metrics: Metrics, logger: Logger,
        drop: @escaping @Sendable (Refusal) -> Void
    ) {
        limits = settings.limits
        proxies = settings.trustedProxies
        self.facts = facts
        self.metrics = metrics
        self.logger = logger
        self.drop = drop
        addresses = AddressCounts(limit: settings.limits.maximumConnectionsPerAddress)
    }

    /// Takes a new connection in, of which nothing but the peer is known; `false` when it has to be closed.
    func admit(_ channel: any Channel) -> Bool {
        guard open.wrappingAdd(1, ordering: .relaxed).newValue <= limits.maximumConnections else {
            open.wrappingSubtract(1, ordering: .relaxed)
            logger.warning("too many connections", metadata: ["limit": "\(limits.maximumConnections)"])
            drop(.tooMany)
            return false
        }
        metrics.connections.wrappingAdd(1, ordering: .relaxed)
        channel.closeFuture.whenComplete { [self] _ in
            open.wrappingSubtract(1, ordering: .relaxed)
            metrics.connections.wrappingSubtract(1, ordering: .relaxed)
        }
        let peer = ClientAddress(peer: channel.remoteAddress)
        // Behind a proxy the client is known with its request only.
        guard let address = peer.address, !proxies.contains(address) else { return true }
        return admit(peer, on: channel) == nil
    }

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
        guard let address = client.address else { return nil }
        if isBlocked(client) {
            drop(.blocked)
            return .blocked
        }
        // This machine's own connections are not counted: a proxy that says nothing of its clients would lock them out.
        guard client.isForwarded || !address.isLoopback else { return nil }
        guard addresses.begin(address) else {
            drop(.tooManyFromAddress)
            return .tooManyFromAddress
        }
        channel.closeFuture.whenComplete { [addresses] _ in addresses.end(address) }
        return nil
    }
}
