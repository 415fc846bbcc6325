import Foundation
import Log
import Nostr

/// What this machine can do at most, measured in the same run as everything that is compared with it.
struct Machine: Sendable {
    /// Bytes that the memory scan goes over: more than any cache holds.
    private static let scanBytes = 256 << 20
    /// Entries of one commit when the log is appended to in batches.
    private static let batchEntries = 1_000

    let cores: Int
    /// BIP-340 checks a second, key parsing included.
    let verify: Double
    let verifyOnAllCores: Double
    /// BIP-340 signatures a second of one core.
    let sign: Double
    /// Seconds of one write and fdatasync of 4 KiB, median.
    let sync: Double
    /// Entries a second that go into a log on the disk, in commits of a thousand.
    let append: Double
    /// Bytes a second that one core reads from memory.
    let scan: Double

    init() throws {
        cores = ProcessInfo.processInfo.activeProcessorCount
        verify = Limits.verify()
        verifyOnAllCores = Limits.verifyOnAllCores()
        sign = Limits.sign()
        sync = Limits.sync(in: NSTemporaryDirectory())
        append = try Machine.appendRate()
        scan = Machine.scanRate()
    }

    var figures: [Figure] {
        [
            Figure("raw: BIP-340 checks, one core, key parsing included", verify, "/s"),
            Figure("raw: the same on all cores", verifyOnAllCores, "/s", limit: verify, beside: "one core"),
            Figure("raw: BIP-340 signatures, one core", sign, "/s"),
            Figure("raw: write and fdatasync of 4 KiB, median", sync * 1e3, "ms"),
            Figure("raw: entries appended to a log, commits of 1,000", append, "/s"),
            Figure("raw: memory scan, one core", scan / 1e9, "GB/s"),
        ]
    }

    /// What a pairing cannot be faster than: a check, two signatures, and one sync.
    var pairingFloor: Double { 1 / verify + 2 / sign + sync }

    private static func appendRate() throws -> Double {
        let directory = NSTemporaryDirectory() + "ringdown-bench-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let log = try EventLog.open(directory: directory, mode: .readWrite)
        let payload = [UInt8](repeating: 0x20, count: 500)
        var time: Int64 = 1_767_323_045_000_000
        return try rate {
            let batch = try log.beginBatch()
            for _ in 0..<batchEntries {
                time += 1
                _ = try batch.append(
                    Draft(
                        type: .session, rules: 0, membersRoot: Bytes32.zero, stateRoot: Bytes32.zero,
                        salt: Randomness.bytes32(), payload: payload), time: time)
            }
            try batch.commit()
            return batchEntries
        }
    }

    private static func scanRate() -> Double {
        let memory = [UInt64](repeating: 1, count: scanBytes / 8)
        var sum: UInt64 = 0
        let bytes = rate {
            for word in memory { sum &+= word }
            return scanBytes
        }
        return sum == 0 ? .nan : bytes
    }
}
