import Log
import Logging
import Nostr
import Reducers

/// A log that is open for writing, with the state that it comes to and the keys that belong to it.
struct OpenedLog {
    let log: EventLog
    var state: RelayState
    let identity: Identity
    private let world: World

    /// Opens the log in a directory, or begins one: with keys, entry 0 and the first policy.
    ///
    /// - Parameters:
    ///   - policy: the policy to put in force; `nil` keeps the log's own, or the default for a new log.
    ///   - origin: the name of a new log; `nil` makes one from the relay's key.
    ///   - predecessor: the log that a new one goes on from, where that one lost its tail.
    init(
        directory: String, policy: Policy?, origin: String?, initialMapBytes: Int = ServerLimits().initialMapBytes,
        continuing predecessor: Genesis.Predecessor? = nil, world: World = .real, logger: Logger
    ) throws {
        self.world = world
        log = try EventLog.open(
            directory: directory, mode: .readWrite, options: LogOptions(initialMapSize: initialMapBytes))
        let size = try log.read { $0.size }
        if let existing = try Identity.load(directory) {
            identity = existing
        } else {
            guard size == 0 else {
                throw SettingsError(
                    description:
                        "\(directory) holds a log but not its keys (relay.key, log.key); restore them from a backup")
            }
            identity = try Identity.create(directory)
            logger.info("made the relay's keys", metadata: ["directory": "\(directory)"])
        }
        state = RelayState()
        if size == 0 {
            let name = origin ?? "\(identity.relay.publicKey.npub.prefix(20)).invalid/1"
            try append([
                .genesis(try identity.genesis(origin: name, continuing: predecessor)),
                .policy(policy ?? Policy(), .current),
            ])
            return
        }
        state = try OpenedLog.replay(log, logger)
        guard state.relay == identity.relay.publicKey else {
            throw SettingsError(
                description: "relay.key in \(directory) is not the key of the log beside it (\(state.relay.npub))")
        }
        if let policy, policy != state.policy || state.rules != .current {
            try append([.policy(policy, .current)])
        }
    }

    private static func replay(_ log: EventLog, _ logger: Logger) throws -> RelayState {
        let start = Clock.microseconds()
        var reported = start
        return try log.read { reader in
            try Replayer.state(of: reader) { done, total in
                let now = Clock.microseconds()
                guard now - reported > 2_000_000 else { return }
                reported = now
                logger.info("replaying the log", metadata: ["entries": "\(done)/\(total)"])
            }
        }
    }

    /// Appends inputs in one commit and returns what each came to.
    @discardableResult
    mutating func append(_ inputs: [Input]) throws -> [Transition] {
        let batch = try log.beginBatch()
        var transitions: [Transition] = []
        for input in inputs {
            transitions.append(try batch.append(input, to: &state, signedBy: identity.relay, in: world).transition)
        }
        try batch.commit()
        return transitions
    }
}
