import Dispatch
import Foundation
import Log
import Nostr
import Reducers
import Replay

/// A `MixedLog`, made here through the rules and read back through them.
enum ReplayBenchmark {
    /// Seed of the log.
    private static let seed: UInt64 = 7
    /// Points of the log whose state is asked for.
    private static let points = 200
    /// How often a figure is taken; the best counts, since whatever else the machine does can only slow it down.
    private static let rounds = 3

    struct Result {
        var entries: UInt64
        var bytes: UInt64
        var appendPerSecond: Double
        /// The state rebuilt from entry 0, on one core.
        var statePerSecond: Double
        /// The same as a relay does it that finds no snapshot, on two.
        var rebuiltPerSecond: Double
        /// Everything recomputed and compared, without and with signatures.
        var comparedPerSecond: Double
        var verifiedPerSecond: Double
        var signaturesPerSecond: Double
        /// What all cores check without anything else, right before and right after.
        var rawSignaturesPerSecond: Double
        /// Seconds to the state at some point of the log.
        var stateAt: [Double]
    }

    static func run(entries: UInt64) throws -> Result {
        let directory = NSTemporaryDirectory() + "ringdown-replay-bench-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var mixed = try MixedLog(directory: directory, seed: seed)
        let making = try seconds { try mixed.fill(to: entries) { _ in } }
        let log = mixed.log
        let raw = Limits.verifyOnAllCores()
        let verified = try best { try Verifier(log).run() }
        if let divergence = verified.divergence { throw BenchmarkError("the log does not verify: \(divergence)") }
        let rawAfter = Limits.verifyOnAllCores()
        let compared = try best { try Verifier(log).run(signatures: false, derived: false) }
        let states = try (0..<rounds).map { _ in
            try seconds { _ = try log.read { try Replayer.state(of: $0, useSnapshots: false, onOneCore: true) } }
        }
        let onTwoCores = try (0..<rounds).map { _ in
            try seconds { _ = try log.read { try Replayer.state(of: $0, useSnapshots: false) } }
        }
        var dice = Dice(seed: seed)
        let stateAt = try (0..<points).map { _ in
            let end = UInt64.random(in: 1...entries, using: &dice)
            return try seconds { _ = try log.read { try Replayer.state(of: $0, before: end) } }
        }
        return Result(
            entries: entries, bytes: try log.storage().used, appendPerSecond: Double(entries) / making,
            statePerSecond: Double(entries) / (states.min() ?? .nan),
            rebuiltPerSecond: Double(entries) / (onTwoCores.min() ?? .nan),
            comparedPerSecond: compared.entriesPerSecond,
            verifiedPerSecond: verified.entriesPerSecond,
            signaturesPerSecond: verified.entriesPerSecond / Double(entries) * Double(verified.signatures),
            rawSignaturesPerSecond: max(raw, rawAfter), stateAt: stateAt)
    }

    private static func best(_ body: () throws -> Verification) throws -> Verification {
        try (0..<rounds).map { _ in try body() }.max { $0.entriesPerSecond < $1.entriesPerSecond } ?? body()
    }
}
