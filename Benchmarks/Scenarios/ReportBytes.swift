import Foundation
import Log
import Nostr

/// What a status report costs on disk that says the same as the one before.
enum ReportBytes {
    /// Bytes of the log for each repeated report with everything that follows from it, and for the report's own entry.
    static func run(rounds: Int) throws -> (each: Double, json: Double) {
        let directory = NSTemporaryDirectory() + "ringdown-bench-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let samples = [try ReportingCost.sample("01_serving_single", in: "Tests/Fixtures/samples")]
        var day = try CommunityDay(directory: directory, machines: machines, samples: samples)
        try day.report(rounds: 1, every: 15, isChanging: false) { _ in }
        let before = try day.log.storage().tableBytes
        try day.report(rounds: rounds, every: 15, isChanging: false) { _ in }
        let grown = try day.log.storage().tableBytes - before
        return (Double(grown) / Double(rounds * machines), Double(samples[0].utf8.count))
    }

    private static let machines = 100
}
