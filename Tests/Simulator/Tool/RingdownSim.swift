import ArgumentParser
import Foundation
import Simulator
import Synchronization

@main
struct RingdownSim: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ringdown-sim",
        abstract: "Runs the relay's real core through things that a seed thinks up, and looks at every promise.",
        discussion: """
            Each seed makes a script: members, strangers and admins connect, call, command and publish over a network
            that delays and cuts, while the clock jumps and the power fails, before and after commits. Sequencer,
            sessions, fan-out, rules and log are the real ones; the log is a real one in memory (/dev/shm). After every
            step the promises of docs/DESIGN.md are looked at. A run is a function of its seed and its steps: the same
            seed does the same again, entry by entry and byte by byte.

              ringdown-sim --seeds 2000            two thousand seeds, from 1
              ringdown-sim --from 4711 --seeds 1   one of them again
              ringdown-sim --plant one-end         with a fault planted on purpose: it has to be found

            A seed that fails is made shorter, step by step, for as long as it fails, and told as a story for Snapshots/.
            Plants:
            \(Plant.allCases.map { "  \($0.rawValue): \($0.summary)" }.joined(separator: "\n"))
            """)

    @Option(help: "How many seeds to run.")
    var seeds = 200
    @Option(help: "The first seed.")
    var from: UInt64 = 1
    @Option(help: "Steps of each script.")
    var steps = 100
    @Option(help: "Runs at the same time.")
    var jobs = 1
    @Option(help: "Stop after so many seconds, however many seeds are left.")
    var seconds: Double = .infinity
    @Option(help: "A fault to plant. The program then fails unless it is found.")
    var plant: String?
    @Flag(help: "Print one line of JSON at the end.")
    var json = false
    @Flag(help: "Print the trace hash of every seed.")
    var traces = false
    @Flag(help: "Run every seed twice and compare the traces.")
    var twice = false

    private struct Totals {
        var runs = 0
        var entries: UInt64 = 0
        var granted = 0
        var delivered = 0
        var next: UInt64
        var failed: (seed: UInt64, violation: Violation)?
        var traces: [UInt64: String] = [:]
    }

    func validate() throws {
        if let plant, Plant(rawValue: plant) == nil {
            throw ValidationError(
                "there is no plant \(plant); there are \(Plant.allCases.map(\.rawValue).joined(separator: ", "))")
        }
    }

    func run() throws {
        let begun = ContinuousClock.now
        let totals = Box(Totals(next: from))
        let threads = (0..<max(jobs, 1)).map { number in
            let done = DispatchSemaphore(value: 0)
            let thread = Thread { [self] in
                work(number, totals, begun)
                done.signal()
            }
            thread.stackSize = 8 << 20
            thread.start()
            return done
        }
        for done in threads { done.wait() }
        let seconds = (ContinuousClock.now - begun) / .seconds(1)
        try report(totals.value.withLock { $0 }, seconds)
    }

    private final class Box: Sendable {
        let value: Mutex<Totals>
        init(_ totals: Totals) { value = Mutex(totals) }
    }

    private func work(_ number: Int, _ totals: Box, _ begun: ContinuousClock.Instant) {
        let runner = Runner(steps: steps, plant: plant.flatMap { Plant(rawValue: $0) }, name: "\(number)")
        let end = from + UInt64(seeds)
        while (ContinuousClock.now - begun) / .seconds(1) < seconds {
            let seed = totals.value.withLock { totals -> UInt64? in
                guard totals.failed == nil, totals.next < end else { return nil }
                defer { totals.next += 1 }
                return totals.next
            }
            guard let seed else { return }
            var outcome = runner.run(seed: seed)
            if twice, outcome.violation == nil, runner.run(seed: seed).trace != outcome.trace {
                outcome.violation = Violation(.replay, "the same seed did something else the second time")
            }
            let runs = totals.value.withLock { totals in
                totals.runs += 1
                totals.entries += outcome.entries
                totals.granted += outcome.granted
                totals.delivered += outcome.delivered
                if traces { totals.traces[seed] = outcome.trace.hex }
                if let violation = outcome.violation, totals.failed == nil { totals.failed = (seed, violation) }
                return totals.runs
            }
            if runs.isMultiple(of: 100) {
                FileHandle.standardError.write(Data("\r\(runs)/\(seeds) seeds".utf8))
            }
        }
    }

    private func report(_ totals: Totals, _ seconds: Double) throws {
        FileHandle.standardError.write(Data("\r".utf8))
        for (seed, trace) in totals.traces.sorted(by: { $0.key < $1.key }) { print("trace \(seed) \(trace)") }
        let perMinute = Int(Double(totals.runs) / seconds * 60)
        if json {
            let failed =
                totals.failed.map { ",\"failed_seed\":\($0.seed),\"promise\":\"\($0.violation.promise)\"" } ?? ""
            print(
                "{\"seeds\":\(totals.runs),\"from\":\(from),\"steps\":\(steps),\"entries\":\(totals.entries),"
                    + "\"granted\":\(totals.granted),\"delivered\":\(totals.delivered),\"seeds_per_minute\":\(perMinute)"
                    + "\(plant.map { ",\"plant\":\"\($0)\"" } ?? "")\(failed)}")
        } else {
            print(
                "\(totals.runs) seeds of \(steps) steps: \(totals.entries) entries, \(totals.granted) calls granted, "
                    + "\(totals.delivered) events delivered, \(perMinute) seeds a minute")
        }
        guard let failed = totals.failed else {
            if plant != nil { throw ValidationError("the planted fault was not found") }
            return
        }
        let runner = Runner(steps: steps, plant: plant.flatMap { Plant(rawValue: $0) }, name: "shrink")
        let failure = runner.shrink(Script(seed: failed.seed, steps: steps), failed.violation)
        if !json {
            print("seed \(failed.seed): \(failed.violation)")
            print("shrunk to \(failure.script.actions.count) steps: \(failure.violation)\n")
            print(failure.story)
        }
        if plant == nil { throw ExitCode.failure }
    }
}
