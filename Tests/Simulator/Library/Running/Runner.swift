import Foundation
import Nostr
import Reducers

/// Runs scripts, each in a directory of its own in memory.
public struct Runner: Sendable {
    /// What one run came to.
    public struct Outcome: Sendable {
        /// The seed.
        public var seed: UInt64
        /// What was broken; `nil` if nothing was.
        public var violation: Violation?
        /// The hash of everything that left the relay and everything that it wrote.
        public var trace: Bytes32
        /// Entries in the log at the end.
        public var entries: UInt64
        /// Requests that were granted.
        public var granted: Int
        /// Events that were delivered.
        public var delivered: Int
    }

    /// Steps of a script.
    public var steps: Int
    /// A fault that is planted in every run.
    public var plant: Plant?
    /// The directory below which each run has its own.
    public var directory: String

    /// A runner in `/dev/shm`, where there is one.
    public init(steps: Int = 100, plant: Plant? = nil, name: String = "0") {
        self.steps = steps
        self.plant = plant
        let memory = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        directory = "\(memory)/ringdown-sim-\(getpid())-\(name)"
    }

    /// Runs the script of a seed.
    public func run(seed: UInt64) -> Outcome { run(Script(seed: seed, steps: steps)) }

    /// Runs a script.
    public func run(_ script: Script) -> Outcome { runKeeping(script).0 }

    func runKeeping(_ script: Script) -> (Outcome, LogBook) {
        let simulation = Simulation(script, plant: plant, directory: directory)
        var violation: Violation?
        do {
            try simulation.run()
        } catch let found as Violation {
            violation = found
        } catch {
            violation = Violation(.working, "\(error)")
        }
        let outcome = Outcome(
            seed: script.seed, violation: violation, trace: simulation.trace, entries: simulation.book.size,
            granted: simulation.gate.granted, delivered: simulation.wire.delivered)
        return (outcome, simulation.book)
    }

    /// Takes steps out of a failing script for as long as it breaks the same promise, and tells what is left.
    ///
    /// - Parameter patience: how many runs that may take.
    public func shrink(_ script: Script, _ violation: Violation, patience: Int = 400) -> Failure {
        var best = script
        var left = patience
        var length = max(1, best.actions.count / 2)
        while length >= 1, left > 0 {
            var start = 0
            var isShorter = false
            while start < best.actions.count, left > 0 {
                var candidate = best
                candidate.actions.removeSubrange(start..<min(start + length, candidate.actions.count))
                left -= 1
                if run(candidate).violation?.promise == violation.promise {
                    best = candidate
                    isShorter = true
                } else {
                    start += length
                }
            }
            if length == 1, !isShorter { break }
            length = max(1, length / 2)
        }
        let (outcome, book) = runKeeping(best)
        let last = outcome.violation ?? violation
        return Failure(script: best, violation: last, story: Story.text(of: book, script: best, violation: last))
    }
}

/// A failing run, as short as it could be made.
public struct Failure: Sendable {
    /// The steps that are left.
    public var script: Script
    /// What they break.
    public var violation: Violation
    /// What the log of the run says, as a story for Snapshots/.
    public var story: String
}
