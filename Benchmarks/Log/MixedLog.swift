import Foundation
import Log
import Nostr
import Reducers

/// A log in which everything happens that can happen, made through the real rules from a seed: the same arguments give the
/// same bytes. It is a whole data directory, with both keys, that a relay can go on with.
struct MixedLog {
    /// Inputs that one commit takes.
    private static let batchInputs = 1_000
    /// Entries that one input comes to at most; what is left of a log is filled with smaller ones.
    private static let largestStep: UInt64 = 64
    /// Snapshots over the whole log.
    private static let snapshots: UInt64 = 64
    /// The log's time at the beginning: 2026-01-02T03:04:05Z.
    private static let begin: Int64 = 1_767_323_045_000_000

    /// The log's name.
    static let origin = "relay.example.com/mixed/1"

    let log: EventLog
    let relay: SecretKey
    let logKey: LogKey
    private let directory: String
    private var state = RelayState()
    private var dice: Dice
    private var people: People
    private var clock = MixedLog.begin
    private var waiting: [Input] = []

    /// Makes the directory, which must not hold a log.
    init(directory: String, seed: UInt64) throws {
        guard !FileManager.default.fileExists(atPath: directory + "/data.mdb") else {
            throw BenchmarkError("\(directory) holds a log already; name another directory")
        }
        self.directory = directory
        dice = Dice(seed: seed)
        people = People(seed: seed)
        relay = Workload.key("mixed relay \(seed)")
        guard let logKey = LogKey(seed: SHA256.hash(Array("ringdown-bench log key \(seed)".utf8)).bytes) else {
            throw BenchmarkError("no log key")
        }
        self.logKey = logKey
        log = try EventLog.open(directory: directory, mode: .readWrite)
    }

    /// Appends until the log has exactly that many entries.
    mutating func fill(to entries: UInt64, progress: (UInt64) -> Void) throws {
        try writeKeys()
        var size = try log.read { $0.size }
        var snapshotAt = max(entries / MixedLog.snapshots, 1_000)
        waiting = [.genesis(genesis), .policy(Policy(), .current)] + people.founding()
        while size < entries {
            let batch = try log.beginBatch()
            var inputs = 0
            while inputs < MixedLog.batchInputs, size < entries {
                clock += dice.pause()
                let (seq, time) = batch.next(now: clock)
                if seq >= snapshotAt, entries - size > 1 {
                    size += try append(.snapshotPoint, to: batch, seq, time)
                    try batch.storeSnapshot(seq: seq, bytes: state.snapshot)
                    snapshotAt += max(entries / MixedLog.snapshots, 1_000)
                    continue
                }
                let input = next(room: entries - size, seq: seq, time: time)
                if isTurnedAway(input, at: time) { continue }
                size += try append(input, to: batch, seq, time)
                inputs += 1
            }
            try batch.commit()
            progress(size)
        }
    }

    private mutating func append(_ input: Input, to batch: Batch, _ seq: UInt64, _ time: Int64) throws -> UInt64 {
        var salt = SHA256()
        salt.update(Array("ringdown-bench salt \(dice.seed) \(seq)".utf8))
        let step = state.step(input, at: Position(seq: seq, time: time), salt: salt.finalize()) {
            $0.signed(by: relay)
        }
        for draft in step.drafts { _ = try batch.append(draft, time: time) }
        people.learn(input, step, state, &waiting)
        return UInt64(step.drafts.count)
    }

    /// Whether the relay would not log it at all.
    private func isTurnedAway(_ input: Input, at time: Int64) -> Bool {
        switch input {
        case .event(let event, _, _): state.turnsAway(event, at: time) != nil
        case .authenticated(let event, let session): state.admission(of: event, session: session).refusal != nil
        default: false
        }
    }

    private mutating func next(room: UInt64, seq: UInt64, time: Int64) -> Input {
        if let input = waiting.first, room >= MixedLog.largestStep || seq < 2 {
            waiting.removeFirst()
            return input
        }
        guard room >= MixedLog.largestStep else {
            return .dropped(Dropped(counts: ["invalid_signature": 1 + dice.next() % 9], keys: []))
        }
        return people.next(&dice, state, time: time)
    }

    private var genesis: Genesis {
        let origin = MixedLog.origin
        let vkey = logKey.verifierKey(origin: origin)
        let statement = Genesis.statement(origin: origin, relay: relay.publicKey, verifierKey: vkey)
        let digest = Genesis.digest(ofStatement: statement)
        return Genesis(
            origin: origin, relay: relay.publicKey, verifierKey: vkey, relaySignature: relay.sign(digest),
            logSignature: logKey.sign(digest.bytes))
    }

    /// The keys as a relay keeps them. They come from the seed: nobody may trust such a log.
    private func writeKeys() throws {
        for (name, bytes) in [("relay.key", relay.secretBytes), ("log.key", logKey.seed)] {
            let created = FileManager.default.createFile(
                atPath: "\(directory)/\(name)", contents: Data((Hex.encode(bytes) + "\n").utf8),
                attributes: [.posixPermissions: 0o600])
            guard created else { throw BenchmarkError("cannot write \(directory)/\(name)") }
        }
    }
}
