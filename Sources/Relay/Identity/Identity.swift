import Log
import Nostr
import Reducers

/// The keys that live in the data directory, each in a file of its own with mode 0600.
struct Identity: Sendable {
    /// Signs the relay's events.
    let relay: SecretKey
    /// Signs the log's checkpoints (Ed25519).
    let log: LogKey

    private static func relayPath(_ directory: String) -> String { directory + "/relay.key" }
    private static func logPath(_ directory: String) -> String { directory + "/log.key" }
    /// Where an owner key that the relay made is kept.
    static func ownerPath(_ directory: String) -> String { directory + "/owner.key" }

    /// The directory's keys; `nil` when it has none yet.
    static func load(_ directory: String) throws -> Identity? {
        guard let relay = try SecretFile.read(relayPath(directory)) else { return nil }
        guard let key = try? SecretKey(parsing: relay) else {
            throw SettingsError(description: "\(relayPath(directory)) holds no secret key (64 hex characters or nsec)")
        }
        guard let log = try SecretFile.read(logPath(directory)) else {
            throw SettingsError(
                description: "\(logPath(directory)) is missing beside relay.key; restore it from a backup")
        }
        guard let seed = Hex.decode(log), let logKey = LogKey(seed: seed) else {
            throw SettingsError(description: "\(logPath(directory)) holds no Ed25519 seed of 64 hex characters")
        }
        return Identity(relay: key, log: logKey)
    }

    /// Makes both keys in a directory that has none.
    static func create(_ directory: String) throws -> Identity {
        let relay = SecretKey.generate()
        let log = LogKey.generate()
        // relay.key comes last: a crash in between leaves a directory without it, which begins anew.
        if try SecretFile.read(logPath(directory)) == nil {
            try SecretFile.create(logPath(directory), line: Hex.encode(log.seed))
        }
        try SecretFile.create(relayPath(directory), line: Hex.encode(relay.secretBytes))
        guard let identity = try load(directory) else {
            throw SettingsError(description: "the keys in \(directory) vanished while they were made")
        }
        return identity
    }

    /// Puts given keys into a directory that has none.
    static func place(relay: SecretKey, logSeed: [UInt8], in directory: String) throws {
        guard try SecretFile.read(relayPath(directory)) == nil else { return }
        try SecretFile.create(logPath(directory), line: Hex.encode(logSeed))
        try SecretFile.create(relayPath(directory), line: Hex.encode(relay.secretBytes))
    }

    /// An owner's key that the relay makes when it is given none; the secret stays in the directory.
    static func createOwner(_ directory: String) throws -> PublicKey {
        if let text = try SecretFile.read(ownerPath(directory)), let key = try? SecretKey(parsing: text) {
            return key.publicKey
        }
        let owner = SecretKey.generate()
        try SecretFile.create(ownerPath(directory), line: Hex.encode(owner.secretBytes))
        return owner.publicKey
    }

    /// Entry 0 of a log with these keys, signed by both.
    ///
    /// - Parameter predecessor: the log that it goes on from, where that one lost its tail.
    func genesis(origin: String, continuing predecessor: Genesis.Predecessor? = nil) throws -> Genesis {
        let vkey = log.verifierKey(origin: origin)
        let statement = Genesis.statement(
            origin: origin, relay: relay.publicKey, verifierKey: vkey, continues: predecessor)
        let digest = Genesis.digest(ofStatement: statement)
        return Genesis(
            origin: origin, relay: relay.publicKey, verifierKey: vkey, relaySignature: relay.sign(digest),
            logSignature: log.sign(digest.bytes), continues: predecessor)
    }
}
