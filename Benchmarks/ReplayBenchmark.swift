import Foundation
import Log
import Nostr
import Reducers
import Replay

/// A log of granted connect requests, made here through the rules and read back through them.
enum ReplayBenchmark {
    struct Result {
        var entries: UInt64
        var appendPerSecond: Double
        var statePerSecond: Double
        /// Everything recomputed and compared, without and with signatures.
        var comparedPerSecond: Double
        var verifiedPerSecond: Double
        var signaturesPerSecond: Double
    }

    static func run(requests: Int) throws -> Result {
        let directory = NSTemporaryDirectory() + "ringdown-replay-bench-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let log = try EventLog.open(directory: directory, mode: .readWrite)
        var writer = try Writer(log)
        let start = Int64(1_790_000_000)
        let events = (0..<requests).map {
            Workload.connectRequest(
                from: writer.caller, to: writer.target.publicKey, attempt: $0, at: start + Int64($0 / 15))
        }
        let before = try log.read { $0.size }
        let elapsed = try seconds {
            for chunk in stride(from: 0, to: requests, by: 250) {
                try writer.append(
                    (chunk..<min(chunk + 250, requests)).map { index in
                        (.event(events[index], session: writer.session), (start + Int64(index / 15)) * 1_000_000)
                    })
            }
        }
        let size = try log.read { $0.size }
        let replayed = try seconds { _ = try log.read { try Replayer.state(of: $0, useSnapshots: false) } }
        let compared = try Verifier(log).run(signatures: false, derived: false)
        let verified = try Verifier(log).run()
        if let divergence = verified.divergence { throw BenchmarkError("the log does not verify: \(divergence)") }
        return Result(
            entries: size, appendPerSecond: Double(size - before) / elapsed, statePerSecond: Double(size) / replayed,
            comparedPerSecond: compared.entriesPerSecond, verifiedPerSecond: verified.entriesPerSecond,
            signaturesPerSecond: verified.entriesPerSecond / Double(size) * Double(verified.signatures))
    }

    /// Appends inputs as the relay's sequencer does.
    private struct Writer {
        let log: EventLog
        let relay = Workload.key("relay")
        let caller = Workload.key("caller")
        let target = Workload.key("target")
        private(set) var session: UInt64 = 0
        private var state = RelayState()

        init(_ log: EventLog) throws {
            self.log = log
            let key = LogKey.generate()
            let statement = Genesis.statement(
                origin: "bench/1", relay: relay.publicKey, verifierKey: key.verifierKey(origin: "bench/1"))
            let digest = Genesis.digest(ofStatement: statement)
            let genesis = Genesis(
                origin: "bench/1", relay: relay.publicKey, verifierKey: key.verifierKey(origin: "bench/1"),
                relaySignature: relay.sign(digest), logSignature: key.sign(digest.bytes))
            let time = Int64(1_789_999_000) * 1_000_000
            try append([
                (.genesis(genesis), time), (.policy(Policy(), .current), time),
                (.operatorCommand(.membership(.add(caller.publicKey, .member))), time),
                (.operatorCommand(.membership(.add(target.publicKey, .member))), time),
            ])
            session = try log.read { $0.size }
            let auth = UnsignedEvent(
                pubkey: caller.publicKey, createdAt: 1_789_999_000, kind: .clientAuthentication,
                tags: [["relay", "ws://bench"], ["challenge", "x"]], content: ""
            ).signed(by: caller)
            try append([(.authenticated(auth, session: nil), time)])
        }

        mutating func append(_ inputs: [(Input, Int64)]) throws {
            let batch = try log.beginBatch()
            for (input, clock) in inputs {
                let (seq, time) = batch.next(now: clock)
                let step = state.step(input, at: Position(seq: seq, time: time), salt: Randomness.bytes32()) {
                    $0.signed(by: relay)
                }
                for draft in step.drafts { try batch.append(draft, time: time) }
            }
            try batch.commit()
        }
    }
}
