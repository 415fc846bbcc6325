import Log
import Nostr
import Reducers

/// One setting: its name, what it means, and how its text is read.
///
/// The name is the key in a file, `RINGDOWN_` and the upper-case name is the environment variable, and `--set NAME=VALUE`
/// or a flag of its own is the flag.
struct Setting: Sendable {
    let name: String
    let summary: String
    /// What a value looks like, for error messages.
    let expected: String
    /// Reads a value into the settings; `false` when the text is not what was expected.
    let apply: @Sendable (String, inout Settings) -> Bool
    /// The value in these settings, as text.
    let show: @Sendable (Settings) -> String

    var environmentVariable: String { "RINGDOWN_" + name.uppercased() }

    /// All settings, in the order in which help shows them.
    static let all: [Setting] = general + policy + limits

    static func named(_ name: String) -> Setting? { all.first { $0.name == name } }

    private static let general: [Setting] = [
        Setting(
            name: "data", summary: "the directory that holds the log and the keys", expected: "a directory",
            apply: {
                $1.data = $0; return !$0.isEmpty
            }, show: { $0.data }),
        Setting(
            name: "listen", summary: "where to listen", expected: "HOST:PORT, such as 127.0.0.1:7447 or [::1]:7447",
            apply: {
                $1.listen = ListenAddress($0); return $1.listen != nil
            },
            show: { $0.listen?.description ?? "" }),
        Setting(
            name: "owner", summary: "the key that owns the relay",
            expected: "a public key as 64 hex characters or npub",
            apply: { text, settings in
                settings.owner = try? PublicKey(parsing: text)
                return settings.owner != nil
            }, show: { $0.owner?.npub ?? "" }),
        Setting(
            name: "url", summary: "the relay's public addresses, comma-separated",
            expected: "ws:// or wss:// addresses",
            apply: { text, settings in
                settings.urls = text.split(separator: ",").map { $0.trimmed }
                return settings.urls.allSatisfy { RelayURL($0) != nil }
            }, show: { $0.urls.joined(separator: ",") }),
        Setting(
            name: "origin", summary: "the log's name in its checkpoints; fixed when the log is made",
            expected: "a host and path without a scheme, such as relay.example.com/mesh/1",
            apply: { text, settings in
                settings.origin = text
                return !text.isEmpty && text.utf8.count <= 255
                    && text.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "+") }
            }, show: { $0.origin ?? "" }),
        Setting(
            name: "name", summary: "what the relay calls itself (NIP-11)", expected: "a text of at most 100 characters",
            apply: {
                $1.name = $0; return $0.count <= 100
            }, show: { $0.name }),
        Setting(
            name: "description", summary: "how the relay describes itself (NIP-11)",
            expected: "a text of at most 1,000 characters",
            apply: {
                $1.about = $0; return $0.count <= 1000
            },
            show: { $0.about }),
        Setting(
            name: "metrics", summary: "who may read /metrics", expected: "local, all or off",
            apply: { text, settings in
                guard let access = MetricsAccess(rawValue: text) else { return false }
                settings.metrics = access
                return true
            }, show: { $0.metrics.rawValue }),
        Setting(
            name: "trusted_proxies",
            summary: "addresses and networks of reverse proxies whose word on the client's address is believed",
            expected: "IP addresses or networks such as 127.0.0.1 or 10.0.0.0/8, comma-separated",
            apply: { text, settings in
                let networks = text.split(separator: ",").map { InternetNetwork($0.trimmed) }
                settings.trustedProxies.networks = networks.compactMap { $0 }
                return networks.allSatisfy { $0 != nil }
            },
            show: { $0.trustedProxies.networks.map(\.description).joined(separator: ",") }),
        Setting(
            name: "proxy_header",
            summary: "the header that the trusted proxies write; any other may come from a client",
            expected: ForwardedHeaders.Form.allCases.map(\.rawValue).joined(separator: " or "),
            apply: { text, settings in
                guard let form = ForwardedHeaders.Form(rawValue: text.lowercased()) else { return false }
                settings.trustedProxies.header = form
                return true
            }, show: { $0.trustedProxies.header.rawValue }),
        Setting(
            name: "tls_certificate",
            summary: "serve wss:// with this certificate (a build with the trait TLS); read again when it changes",
            expected: "a PEM file: the certificate, then those that lead to a root",
            apply: {
                $1.tlsCertificate = $0; return true
            }, show: { $0.tlsCertificate }),
        Setting(
            name: "tls_key", summary: "the certificate's private key", expected: "a PEM file",
            apply: {
                $1.tlsKey = $0; return true
            }, show: { $0.tlsKey }),
        number(
            "checkpoint_seconds",
            "seconds between two signed checkpoints of a log that grows, 0 for only at the end and when asked",
            0...86_400, get: { Int64($0.checkpointSeconds) }, set: { $1.checkpointSeconds = Int($0) }),
        Setting(
            name: "witness",
            summary: "addresses of witnesses that cosign checkpoints (C2SP tlog-witness), comma-separated",
            expected: "http:// or https:// addresses",
            apply: { text, settings in
                settings.witnesses = text.split(separator: ",").map { $0.trimmed }
                return settings.witnesses.count <= Witnesses.maximum
                    && settings.witnesses.allSatisfy { $0.hasPrefix("https://") || $0.hasPrefix("http://") }
            }, show: { $0.witnesses.joined(separator: ",") }),
        Setting(
            name: "witness_policy",
            summary: "whose cosignatures a checkpoint needs; without them none is published",
            expected: "a tlog-policy file",
            apply: {
                $1.witnessPolicy = $0; return true
            }, show: { $0.witnessPolicy }),
        Setting(
            name: "log_level", summary: "how much goes to standard error",
            expected: "trace, debug, info, notice, warning, error or critical",
            apply: {
                $1.logLevel = $0
                return ["trace", "debug", "info", "notice", "warning", "error", "critical"].contains($0)
            }, show: { $0.logLevel }),
    ]

    /// What each number of the policy means.
    private static let summaries: [String: String] = [
        "staleness_seconds": "a reporter silent for this many seconds is not offered any more",
        "note_lifetime_seconds": "seconds after which a mesh status note expires (NIP-40); renewed before that",
        "request_freshness_seconds": "how far created_at of a connect request may be from the clock, either way",
        "command_freshness_seconds": "how far created_at of a membership command may be from the clock, either way",
        "future_limit_seconds": "how far ahead of the clock created_at of any other event may be",
        "requests_per_second": "connect requests of one member in a second",
        "calls_per_target_per_second": "calls to one member in a second",
        "reports_per_second": "status reports of one member in a second",
        "commands_per_second": "membership commands, joins and leaves in a second of one key that is no admin",
        "invites_per_day": "invite codes that one member may ask for in a day",
        "invite_lifetime_seconds": "seconds for which an invite code is good",
        "invite_uses": "how many may join with one invite code",
        "minimum_difficulty": "leading zero bits that the id of an ordinary event needs (NIP-13); 0 asks for none",
        "maximum_models": "models that one status report may name",
        "maximum_peers": "peers that one status report may list",
        "maximum_targets": "serve targets that one status report may come to",
        "maximum_string_bytes": "bytes of any string of a report or a request",
        "maximum_attempt_bytes": "bytes of an attempt_id",
        "maximum_projection_bytes": "bytes of the content of one mesh status note",
    ]

    /// What decisions depend on: these go into the log.
    static let policy: [Setting] =
        [
            Setting(
                name: "open", summary: "let every authenticated key pass the gate: no membership is required",
                expected: "true or false",
                apply: { text, settings in
                    guard let flag = Bool(text) else { return false }
                    settings.policy.requireMembership = !flag
                    return true
                }, show: { String(!$0.policy.requireMembership) }),
            Setting(
                name: "dialect", summary: "which product's spelling the mesh events use", expected: "sprout or buzz",
                apply: { text, settings in
                    guard let dialect = Dialect(rawValue: text) else { return false }
                    settings.policy.dialect = dialect
                    return true
                }, show: { $0.policy.dialect.rawValue }),
            Setting(
                name: "private_signaling",
                summary: "deliver a call-me-now only to sessions authenticated as its recipient",
                expected: "true or false",
                apply: { text, settings in
                    guard let flag = Bool(text) else { return false }
                    settings.policy.privateSignaling = flag
                    return true
                }, show: { String($0.policy.privateSignaling) }),
            Setting(
                name: "allow_delegation",
                summary: "let keys connect that a member vouches for (NIP-OA); they pass no mesh check",
                expected: "true or false",
                apply: { text, settings in
                    guard let flag = Bool(text) else { return false }
                    settings.policy.allowDelegation = flag
                    return true
                }, show: { String($0.policy.allowDelegation) }),
            Setting(
                name: "endpoint_hygiene",
                summary: "keep useless addresses, relays of third parties and file paths out of mesh status notes",
                expected: "true or false",
                apply: { text, settings in
                    guard let flag = Bool(text) else { return false }
                    settings.policy.endpointHygiene = flag
                    return true
                }, show: { String($0.policy.endpointHygiene) }),
            Setting(
                name: "endpoint_relays", summary: "hosts of relays that an endpoint token may name, comma-separated",
                expected: "at most \(Policy.maximumEndpointRelays) host names, or nothing",
                apply: { text, settings in
                    let hosts = text.split(separator: ",").map { $0.trimmed.lowercased() }
                    settings.policy.endpointRelays = hosts
                    return hosts.count <= Policy.maximumEndpointRelays
                        && hosts.allSatisfy { host in
                            !host.isEmpty && host.utf8.count <= Policy.maximumHostBytes
                                && host.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "/") }
                        }
                }, show: { $0.policy.endpointRelays.joined(separator: ",") }),
            Setting(
                name: "auditors",
                summary: "keys besides the owner and the admins that may read the log's payloads, comma-separated",
                expected: "at most \(Policy.maximumAuditors) keys (npub or hex), or nothing",
                apply: { text, settings in
                    let keys = text.split(separator: ",").map { try? PublicKey(parsing: $0.trimmed) }
                    settings.policy.auditors = keys.compactMap { $0 }
                    return keys.count <= Policy.maximumAuditors && !keys.contains(nil)
                }, show: { $0.policy.auditors.map(\.hex).joined(separator: ",") }),
            Setting(
                name: "invites", summary: "who may ask the relay for invite codes (NIP-43)",
                expected: InviteRight.allCases.map(\.rawValue).joined(separator: ", "),
                apply: { text, settings in
                    guard let right = InviteRight(rawValue: text) else { return false }
                    settings.policy.invites = right
                    return true
                }, show: { $0.policy.invites.rawValue }),
        ]
        + Policy.numericSettings.map { setting in
            number(
                setting.name, summaries[setting.name] ?? setting.name, setting.range,
                get: { $0.policy[setting: setting.name] ?? 0 }, set: { $1.policy[setting: setting.name] = $0 })
        }

    private static let limits: [Setting] = [
        limit("threads", "threads that serve sockets, 0 for one a core", 0...256, \.threads),
        limit("maximum_connections", "connections at once", 1...1_000_000, \.maximumConnections),
        limit(
            "maximum_connections_per_address", "connections at once from one address, but for this machine's",
            1...1_000_000, \.maximumConnectionsPerAddress),
        limit(
            "connections_per_second_per_address", "new connections a second from one address, but for this machine's",
            1...1_000_000, \.connectionsPerSecondPerAddress),
        limit(
            "requests_per_second_per_address", "HTTP requests a second from one address, but for this machine's",
            1...1_000_000, \.requestsPerSecondPerAddress),
        limit(
            "stranger_share", "percent of the time for HTTP and for who has not authenticated, 100 for no limit",
            1...100, \.strangerShare),
        limit(
            "maximum_stranger_bytes", "bytes that a connection may send before it authenticates",
            4_096...1_073_741_824, \.maximumStrangerBytes),
        limit(
            "maximum_faults", "bad signatures, refused authentications and unreadable messages of one connection",
            1...1_000_000, \.maximumFaults),
        limit(
            "maximum_unfinished_bytes", "bytes of messages that have begun and not ended, over all connections",
            1_048_576...1_099_511_627_776, \.maximumUnfinishedBytes),
        limit(
            "ping_seconds", "seconds of silence until a client is pinged, and again until it is gone; 0 for no pings",
            0...3_600, \.pingSeconds),
        limit(
            "http_seconds", "seconds in which an HTTP request has to arrive, and to come again", 1...3_600,
            \.httpSeconds),
        limit(
            "authentication_seconds", "seconds in which a connection has to authenticate", 1...3_600,
            \.authenticationSeconds),
        limit(
            "events_per_second", "events that one key may publish a second, 0 for no limit", 0...1_000_000,
            \.eventsPerSecond),
        limit("event_burst", "events that one key may publish at once", 1...1_000_000, \.eventBurst),
        limit("maximum_syncs", "reconciliations of one connection (NIP-77)", 1...1_000, \.maximumSyncs),
        limit(
            "maximum_sync_events", "events of one reconciliation", 1...Int64(IdentityScan.maximum), \.maximumSyncEvents),
        limit("sync_seconds", "seconds that a reconciliation may be left lying", 1...3_600, \.syncSeconds),
        limit("query_seconds", "seconds that one query for stored events may take", 1...3_600, \.querySeconds),
        limit(
            "maximum_message_bytes", "bytes of one message, or of a request's body", 1_024...4_194_304,
            \.maximumMessageBytes),
        limit("maximum_subscriptions", "subscriptions of one connection", 1...10_000, \.maximumSubscriptions),
        limit("maximum_filters", "filters in one REQ", 1...1_000, \.maximumFilters),
        limit(
            "maximum_in_flight", "events of one connection that wait for their commit", 1...65_536, \.maximumInFlight),
        limit(
            "maximum_pending_messages", "messages of one connection that wait for an earlier one", 1...65_536,
            \.maximumPendingMessages),
        limit("maximum_queue", "inputs that wait for the sequencer", 16...1_048_576, \.maximumQueue),
        limit("maximum_limit", "events that one filter returns at most", 1...1_000_000, \.maximumLimit),
        limit(
            "maximum_backlog_bytes", "bytes that wait for a slow reader before it is closed", 65_536...1_073_741_824,
            \.maximumBacklogBytes),
        limit(
            "maximum_total_backlog_bytes", "bytes that wait for slow readers, over all connections",
            1_048_576...1_099_511_627_776, \.maximumTotalBacklogBytes),
        limit("drain_seconds", "seconds that a shutdown may take", 1...300, \.drainSeconds),
        limit("snapshot_interval", "entries between two snapshots of the state", 100...10_000_000, \.snapshotInterval),
        limit(
            "initial_map_bytes", "bytes of the first memory map; it grows by itself", 1_048_576...1_099_511_627_776,
            \.initialMapBytes),
        limit(
            "disk_reserve_bytes", "bytes that have to stay free on the log's disk, or nothing is logged",
            0...1_099_511_627_776, \.diskReserveBytes),
    ]

    private static func number(
        _ name: String, _ summary: String, _ range: ClosedRange<Int64>,
        get: @escaping @Sendable (Settings) -> Int64, set: @escaping @Sendable (Int64, inout Settings) -> Void
    ) -> Setting {
        Setting(
            name: name, summary: summary, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            apply: { text, settings in
                guard let value = Int64(text), range.contains(value) else { return false }
                set(value, &settings)
                return true
            }, show: { String(get($0)) })
    }

    private static func limit(
        _ name: String, _ summary: String, _ range: ClosedRange<Int64>,
        _ path: WritableKeyPath<ServerLimits, Int> & Sendable
    ) -> Setting {
        number(
            name, summary, range, get: { Int64($0.limits[keyPath: path]) },
            set: { $1.limits[keyPath: path] = Int($0) })
    }
}

extension Substring {
    /// Without white space at the ends.
    fileprivate var trimmed: String {
        let kept = drop { $0.isWhitespace }
        return String(kept.reversed().drop { $0.isWhitespace }.reversed())
    }
}
