import Nostr

/// Every setting that a decision depends on.
///
/// A policy is an entry in the log, written at the first start and whenever it changes, so that a replay judges each
/// request by the settings of its day. The defaults are those of WIRE.md.
public struct Policy: Equatable, Sendable {
    /// Which product's spelling the mesh events use.
    public var dialect: Dialect = .sprout
    /// Whether keys must be members; `false` makes the relay open: every authenticated key passes the gate.
    public var requireMembership = true
    /// Whether a call-me-now reaches only sessions that are authenticated as its recipient.
    public var privateSignaling = true
    /// Whether a key that a member vouches for may open a session (NIP-OA). It never passes a mesh check.
    public var allowDelegation = false
    /// Whether a note is kept free of addresses and names that nobody else can or should use.
    public var endpointHygiene = true
    /// Hosts of relays that an endpoint token may name; every other relay is a third party's (`endpointHygiene`).
    public var endpointRelays: [String] = []
    /// Keys besides the owner and the admins that may read the payloads of the log.
    public var auditors: [PublicKey] = []
    /// Who may ask the relay for invite codes (NIP-43, kind 28935).
    public var invites = InviteRight.admin
    /// A reporter silent for this many seconds has its note emptied.
    public var stalenessSeconds: Int64 = 60
    /// The NIP-40 expiration of a note, in seconds after it was made; renewed when less than the staleness is left.
    public var noteLifetimeSeconds: Int64 = 120
    /// How far the `created_at` of a connect request may be from the log's time, in seconds, either way.
    public var requestFreshnessSeconds: Int64 = 120
    /// How far the `created_at` of a membership command may be from the log's time, in seconds, either way.
    public var commandFreshnessSeconds: Int64 = 120
    /// How far in the future the `created_at` of any other event may be, in seconds.
    public var futureLimitSeconds: Int64 = 900
    /// Connect requests in one window of a requester; the next one is refused.
    public var requestsPerSecond: Int64 = 20
    /// Granted connect requests in one window of a target; the next one is refused.
    public var callsPerTargetPerSecond: Int64 = 100
    /// Status reports in one window of a reporter; the next one is refused.
    public var reportsPerSecond: Int64 = 20
    /// Membership commands, joins and leaves in one window of an author who is no admin; the next one is refused.
    public var commandsPerSecond: Int64 = 20
    /// Invite codes that one member may ask for in a day.
    public var invitesPerDay: Int64 = 20
    /// How long an invite code is good, in seconds.
    public var inviteLifetimeSeconds: Int64 = 604_800
    /// How many may join with one invite code.
    public var inviteUses: Int64 = 1
    /// Leading zero bits that the id of an ordinary event needs (NIP-13); 0 asks for none.
    public var minimumDifficulty: Int64 = 0
    /// Models that one status report may name, its peers' included.
    public var maximumModels: Int64 = 256
    /// Elements of `peers` in one status report.
    public var maximumPeers: Int64 = 256
    /// Serve targets in one projection.
    public var maximumTargets: Int64 = 256
    /// UTF-8 bytes of any one string of a projection or of a connect request.
    public var maximumStringBytes: Int64 = 8192
    /// UTF-8 bytes of an `attempt_id`.
    public var maximumAttemptBytes: Int64 = 256
    /// Bytes of the content of one mesh status note.
    public var maximumProjectionBytes: Int64 = 131_072

    /// The default policy.
    public init() {}

    /// One numeric setting of a policy: its name in the log and in the configuration, its property and its range.
    struct Number: @unchecked Sendable {
        // Key paths to stored properties of a Sendable struct are immutable values; the compiler cannot see it for a
        // key path held in a static table.
        let name: StaticString
        let path: WritableKeyPath<Policy, Int64>
        let range: ClosedRange<Int64>
    }

    /// The numeric settings, in the order in which they are written.
    static let numbers: [Number] = [
        Number(name: "staleness_seconds", path: \.stalenessSeconds, range: 1...86_400),
        Number(name: "note_lifetime_seconds", path: \.noteLifetimeSeconds, range: 2...172_800),
        Number(name: "request_freshness_seconds", path: \.requestFreshnessSeconds, range: 1...3_600),
        Number(name: "command_freshness_seconds", path: \.commandFreshnessSeconds, range: 1...3_600),
        Number(name: "future_limit_seconds", path: \.futureLimitSeconds, range: 1...31_536_000),
        Number(name: "requests_per_second", path: \.requestsPerSecond, range: 1...10_000),
        Number(name: "calls_per_target_per_second", path: \.callsPerTargetPerSecond, range: 1...10_000),
        Number(name: "reports_per_second", path: \.reportsPerSecond, range: 1...10_000),
        Number(name: "commands_per_second", path: \.commandsPerSecond, range: 1...10_000),
        Number(name: "invites_per_day", path: \.invitesPerDay, range: 0...10_000),
        Number(name: "invite_lifetime_seconds", path: \.inviteLifetimeSeconds, range: 60...31_536_000),
        Number(name: "invite_uses", path: \.inviteUses, range: 1...10_000),
        Number(name: "minimum_difficulty", path: \.minimumDifficulty, range: 0...256),
        Number(name: "maximum_models", path: \.maximumModels, range: 1...10_000),
        Number(name: "maximum_peers", path: \.maximumPeers, range: 1...10_000),
        Number(name: "maximum_targets", path: \.maximumTargets, range: 1...10_000),
        Number(name: "maximum_string_bytes", path: \.maximumStringBytes, range: 64...65_536),
        Number(name: "maximum_attempt_bytes", path: \.maximumAttemptBytes, range: 16...4_096),
        Number(name: "maximum_projection_bytes", path: \.maximumProjectionBytes, range: 1_024...1_048_576),
    ]

    /// One setting of a policy that is on or off.
    struct Flag: @unchecked Sendable {
        // As above.
        let name: StaticString
        let path: WritableKeyPath<Policy, Bool>
    }

    /// The settings that are on or off, in the order in which they are written.
    static let flags: [Flag] = [
        Flag(name: "require_membership", path: \.requireMembership),
        Flag(name: "private_signaling", path: \.privateSignaling),
        Flag(name: "allow_delegation", path: \.allowDelegation),
        Flag(name: "endpoint_hygiene", path: \.endpointHygiene),
    ]

    /// Hosts that `endpointRelays` may list.
    public static let maximumEndpointRelays = 64
    /// Keys that `auditors` may list.
    public static let maximumAuditors = 64
    /// Bytes of a host name (RFC 1035, section 2.3.4).
    public static let maximumHostBytes = 253

    /// The names, defaults and ranges of the numeric settings, for configuration and help.
    public static var numericSettings: [(name: String, value: Int64, range: ClosedRange<Int64>)] {
        let defaults = Policy()
        return numbers.map { (String(describing: $0.name), defaults[keyPath: $0.path], $0.range) }
    }

    /// The names and defaults of the settings that are on or off, for configuration and help.
    public static var flagSettings: [(name: String, value: Bool)] {
        let defaults = Policy()
        return flags.map { (String(describing: $0.name), defaults[keyPath: $0.path]) }
    }

    /// A setting that is on or off by its name; `nil` for a name that does not exist.
    public subscript(flag name: String) -> Bool? {
        get { Policy.flags.first { String(describing: $0.name) == name }.map { self[keyPath: $0.path] } }
        set {
            guard let newValue, let flag = Policy.flags.first(where: { String(describing: $0.name) == name }) else {
                return
            }
            self[keyPath: flag.path] = newValue
        }
    }

    /// The value of a numeric setting by its name; `nil` for a name that does not exist.
    public subscript(setting name: String) -> Int64? {
        get { Policy.numbers.first { String(describing: $0.name) == name }.map { self[keyPath: $0.path] } }
        set {
            guard let newValue, let number = Policy.numbers.first(where: { String(describing: $0.name) == name }) else {
                return
            }
            self[keyPath: number.path] = newValue
        }
    }
}
