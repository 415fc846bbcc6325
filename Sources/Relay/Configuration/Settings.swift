import Nostr
import Reducers

/// Everything that can be set, with its default. Read once at the start.
public struct Settings: Sendable {
    /// The directory that holds the log and the keys.
    public var data = ""
    /// Where the relay listens.
    public var listen = ListenAddress("127.0.0.1:7447")
    /// The key that owns the relay; `nil` takes the one in the log, or makes one.
    public var owner: PublicKey?
    /// The public addresses of the relay, as clients write them; without one, the host that a client asked for counts.
    public var urls: [String] = []
    /// The log's name in its checkpoints; `nil` makes one from the first public address.
    public var origin: String?
    /// What the relay calls itself in NIP-11.
    public var name = "Ringdown"
    /// How the relay describes itself in NIP-11.
    public var about = "A relay for a closed community whose members lend each other computers."
    /// Who may read `/metrics`.
    public var metrics = MetricsAccess.local
    /// The proxies whose word on the client's address is believed.
    var trustedProxies = TrustedProxies()
    /// The certificate for wss://, a PEM file, with those that lead to a root behind it; empty to serve ws://.
    public var tlsCertificate = ""
    /// The certificate's private key, a PEM file.
    public var tlsKey = ""
    /// Seconds between two checkpoints of a log that grows; 0 to publish only at the end and when asked.
    public var checkpointSeconds = 60
    /// Addresses of witnesses whose address the policy does not say.
    public var witnesses: [String] = []
    /// Whose cosignatures a checkpoint needs: a file (C2SP tlog-policy); empty for nobody's.
    public var witnessPolicy = ""
    /// The settings that decisions depend on; they go into the log.
    public var policy = Policy()
    /// The settings that protect the process; they do not change any decision.
    public var limits = ServerLimits()
    /// The least severe level that is written to standard error.
    public var logLevel = "info"

    /// The defaults.
    public init() {}
}

/// Who may read the metrics.
public enum MetricsAccess: String, Sendable, CaseIterable {
    /// Whoever is on this machine, without a proxy in between.
    case local
    case all
    case off
}

/// The settings that protect the process.
public struct ServerLimits: Equatable, Sendable {
    /// Threads that serve sockets and check signatures; 0 means one a core.
    public var threads = 0
    /// Connections at once.
    public var maximumConnections = 20_000
    /// Connections at once from one address; this machine's own are not counted.
    public var maximumConnectionsPerAddress = 256
    /// New connections of one address a second, for as long as it likes; as many at once as it may have open. This machine's
    /// own are not counted.
    public var connectionsPerSecondPerAddress = 32
    /// HTTP requests of one address a second; ten times as many at once. This machine's own are not counted.
    public var requestsPerSecondPerAddress = 200
    /// Percent of each event loop's time that connections get which have not authenticated, and HTTP; 100 for no limit.
    public var strangerShare = 20
    /// Bytes that a connection may send before it has authenticated.
    public var maximumStrangerBytes = 262_144
    /// Bad signatures, refused authentications and unreadable messages that one connection may send.
    public var maximumFaults = 64
    /// Bytes of messages that have begun and not ended, over all connections.
    public var maximumUnfinishedBytes = 134_217_728
    /// Bytes that wait for slow readers, over all connections.
    public var maximumTotalBacklogBytes = 536_870_912
    /// Seconds of silence after which a client is pinged; after as many again without a word it is gone. 0 for no pings.
    public var pingSeconds = 60
    /// Seconds within which an HTTP request has to arrive, and within which a connection that is kept alive asks again.
    public var httpSeconds = 15
    /// Seconds that one query for stored events may take.
    public var querySeconds = 30
    /// Seconds in which a connection has to prove a key.
    public var authenticationSeconds = 60
    /// Events that one key may publish a second, over all its connections; 0 for no limit.
    public var eventsPerSecond = 5_000
    /// Events that one key may publish at once, after a rest.
    public var eventBurst = 50_000
    /// Reconciliations (NIP-77) of one connection at once.
    public var maximumSyncs = 8
    /// Events of one reconciliation.
    public var maximumSyncEvents = 200_000
    /// Seconds for which a client may leave a reconciliation lying.
    public var syncSeconds = 60
    /// Bytes of one message of a client, or of the body of a request.
    public var maximumMessageBytes = 262_144
    /// Subscriptions of one connection.
    public var maximumSubscriptions = 64
    /// Filters in one REQ.
    public var maximumFilters = 16
    /// Events of one connection that wait for their commit.
    public var maximumInFlight = 512
    /// Messages of one connection that wait for an earlier one.
    public var maximumPendingMessages = 1024
    /// Inputs that wait for the sequencer, over all connections.
    public var maximumQueue = 65_536
    /// Events that one filter returns when it names no limit, and at most.
    public var maximumLimit = 5_000
    /// Bytes that wait for a slow reader before its connection is closed.
    public var maximumBacklogBytes = 8_388_608
    /// Seconds that a shutdown may take.
    public var drainSeconds = 10
    /// Entries between two snapshots of the state.
    public var snapshotInterval = 20_000
    /// Bytes of the first memory map; it doubles by itself.
    public var initialMapBytes = 1 << 30
    /// Bytes that have to stay free on the log's disk; with less the relay refuses what it would have to log.
    public var diskReserveBytes = 64 << 20

    /// The defaults.
    public init() {}
}
