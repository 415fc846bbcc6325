import Foundation
import Log
import Nostr
import Reducers

/// What machines that report all day long come to in a log, made through the real rules.
struct CommunityDay {
    private static let begin: Int64 = 1_767_225_600_000_000
    private static let batchInputs = 2_000
    /// Entries between two snapshots.
    private static let snapshotInterval: UInt64 = 20_000

    let log: EventLog
    private let relay = Workload.key("day relay")
    private let logKey: LogKey
    private var state = RelayState()
    private var machines: [(key: SecretKey, session: UInt64, head: String)] = []
    private let samples: [String]
    private var time = CommunityDay.begin
    private var snapshotAt = CommunityDay.snapshotInterval

    init(directory: String, machines count: Int, samples: [String]) throws {
        log = try EventLog.open(directory: directory, mode: .readWrite)
        self.samples = samples
        guard let logKey = LogKey(seed: SHA256.hash(Array("ringdown-bench day".utf8)).bytes) else {
            throw BenchmarkError("no log key")
        }
        self.logKey = logKey
        try writeKeys(directory)
        try append([.genesis(genesis), .policy(Policy(), .current)])
        for index in 0..<count {
            let key = Workload.key("day machine \(index)")
            try append([.operatorCommand(.membership(.add(key.publicKey, .member)))])
            let session = try log.read { $0.size }
            let proof = UnsignedEvent(
                pubkey: key.publicKey, createdAt: time / 1_000_000, kind: .clientAuthentication,
                tags: [["relay", "wss://relay.example.com/day"], ["challenge", "bench"]], content: "")
            try append([
                .authenticated(proof.signed(by: key), session: nil),
                .listening(session: session, keys: [key.publicKey]),
            ])
            machines.append((key, session, "{\"bench_machine\":\(index),"))
        }
    }

    /// Has every machine report every so many seconds.
    ///
    /// - Parameter isChanging: whether each report differs from the one before in a field that the projection leaves out.
    mutating func report(rounds: Int, every seconds: Int64, isChanging: Bool, progress: (Int) -> Void) throws {
        var inputs: [(Input, Int64)] = []
        let start = time
        for round in 0..<rounds {
            for (index, machine) in machines.enumerated() {
                let clock = start + (Int64(round) * seconds * 1_000_000) + Int64(index) * 1_000
                let tick = isChanging ? "\"bench_tick\":\(round)," : ""
                let content = machine.head + tick + samples[index % samples.count].dropFirst()
                let event = UnsignedEvent(
                    pubkey: machine.key.publicKey, createdAt: clock / 1_000_000, kind: .meshStatusReport, tags: [],
                    content: Text(content))
                inputs.append((.event(event.signed(by: machine.key), session: machine.session), clock))
            }
            if inputs.count >= CommunityDay.batchInputs || round == rounds - 1 {
                try append(inputs)
                inputs = []
                progress(round + 1)
                time = start + Int64(round + 1) * seconds * 1_000_000
                if try log.read({ $0.size }) >= snapshotAt { try snapshot() }
            }
        }
    }

    /// A snapshot as often as the relay stores one: an archive ends at one.
    private mutating func snapshot() throws {
        let seq = try log.read { $0.size }
        let batch = try log.beginBatch()
        let step = state.step(.snapshotPoint, at: Position(seq: seq, time: time), salt: Randomness.bytes32()) {
            $0.signed(by: relay)
        }
        for draft in step.drafts { _ = try batch.append(draft, time: time) }
        try batch.storeSnapshot(seq: seq, bytes: state.snapshot)
        try batch.commit()
        snapshotAt = seq + CommunityDay.snapshotInterval
    }

    private mutating func append(_ inputs: [Input]) throws { try append(inputs.map { ($0, time) }) }

    private mutating func append(_ inputs: [(Input, Int64)]) throws {
        let batch = try log.beginBatch()
        for (input, clock) in inputs {
            let (seq, time) = batch.next(now: clock)
            let step = state.step(input, at: Position(seq: seq, time: time), salt: Randomness.bytes32()) {
                $0.signed(by: relay)
            }
            for draft in step.drafts { _ = try batch.append(draft, time: time) }
        }
        try batch.commit()
    }

    private var genesis: Genesis {
        let origin = "relay.example.com/day/1"
        let vkey = logKey.verifierKey(origin: origin)
        let digest = Genesis.digest(
            ofStatement: Genesis.statement(origin: origin, relay: relay.publicKey, verifierKey: vkey))
        return Genesis(
            origin: origin, relay: relay.publicKey, verifierKey: vkey, relaySignature: relay.sign(digest),
            logSignature: logKey.sign(digest.bytes))
    }

    private func writeKeys(_ directory: String) throws {
        for (name, bytes) in [("relay.key", relay.secretBytes), ("log.key", logKey.seed)] {
            let created = FileManager.default.createFile(
                atPath: "\(directory)/\(name)", contents: Data((Hex.encode(bytes) + "\n").utf8),
                attributes: [.posixPermissions: 0o600])
            guard created else { throw BenchmarkError("cannot write \(directory)/\(name)") }
        }
    }
}
