import Foundation
import Log

/// How long a relay with a long log takes until it listens.
enum Start {
    struct Result {
        var entries: UInt64
        /// Seconds from the process to the first connection, with snapshots and without.
        var withSnapshot: [Double]
        var withoutSnapshot: Double
    }

    private static let seed: UInt64 = 7
    private static let rounds = 5
    /// A new form of the log gets a new number.
    private static let version = 1

    static func run(entries: UInt64, progress: (String) -> Void) throws -> Result {
        let kept = "\(EventStore.cache)/mixed-\(entries)-v\(version)"
        if !FileManager.default.fileExists(atPath: kept + "/done") {
            try? FileManager.default.removeItem(atPath: kept)
            var log = try MixedLog(directory: kept, seed: seed)
            try log.fill(to: entries) { progress("making a log: \($0) of \(entries) entries") }
            try EventStore.mark(kept)
        }
        let copy = NSTemporaryDirectory() + "ringdown-bench-\(UUID().uuidString)"
        progress("copying it")
        try FileManager.default.copyItem(atPath: kept, toPath: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let with = try (0..<rounds).map { _ in try start(copy) }
        try dropSnapshots(copy)
        return Result(entries: entries, withSnapshot: with, withoutSnapshot: try start(copy))
    }

    /// Lets go of the log when it is done, so that the relay can have it.
    private static func dropSnapshots(_ directory: String) throws {
        let batch = try EventLog.open(directory: directory, mode: .readWrite).beginBatch()
        try batch.thinSnapshots(keeping: 0)
        try batch.commit()
    }

    private static func start(_ directory: String) throws -> Double {
        let relay = try RelayProcess(members: [], directory: directory)
        defer { relay.stop() }
        return relay.startSeconds
    }
}
