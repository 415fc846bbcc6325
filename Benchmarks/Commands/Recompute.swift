import ArgumentParser
import Foundation
import Log
import Reducers

/// `recompute`: the state of a log from its first entry on, as often as asked; what a profiler is pointed at.
struct Recompute: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recompute", abstract: "Recompute every decision of a log, on one core and without signatures.",
        discussion: """
            Starts at entry 0, whatever snapshots there are.

              ringdown-bench make-log /tmp/mixed --entries 1000000
              perf record -g ringdown-bench recompute /tmp/mixed --rounds 5
            """)

    @Argument(help: "The data directory.") var directory: String
    @Option(help: "How often.") var rounds = 1
    @Flag(help: "On two cores, as a relay does that finds no snapshot.") var pipelined = false

    func run() throws {
        let log = try EventLog.open(directory: directory, mode: .readOnly)
        let size = try log.read { $0.size }
        for _ in 0..<rounds {
            let time = try seconds {
                _ = try log.read { try Replayer.state(of: $0, useSnapshots: false, onOneCore: !pipelined) }
            }
            row(
                "every decision recomputed, \(pipelined ? "two cores" : "one core")",
                format(Double(size) / time, " entries/s"))
        }
    }
}
