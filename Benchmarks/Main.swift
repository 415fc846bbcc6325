import ArgumentParser
import Foundation

/// Measures the relay beside the limits of the machine, in one run: every figure comes with what it is to be compared with.
@main
struct RingdownBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ringdown-bench", abstract: "Measurements of the relay and of the replay tool.",
        subcommands: [
            Measurements.self,
            MakeLog.self,
            ProofFiles.self,
            Judge.self,
            ReportingCost.self,
            Recompute.self,
        ],
        defaultSubcommand: Measurements.self)
}

/// `run`: every scenario, or some of them, beside the machine's own limits.
struct Measurements: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Measure the relay and the replay tool beside the machine's own limits, and print the table.",
        discussion: """
            Run `make bench`: it builds this and the relay in release, side by side. What takes minutes to make is kept in
            .build/bench-data for the next run. Exit status 0 even where an aim is missed: the table says so.

              make bench ARGS='--only ingest --only pairing'
              make bench ARGS='--quick --json figures.json'
              make bench ARGS='--strfry ../strfry/strfry --only strfry'
            """)

    @Option(help: "Run this scenario only; can be given again.") var only: [String] = []
    @Flag(help: "List the scenarios.") var list = false
    @Flag(help: "Smaller numbers of everything: a minute or two in all.") var quick = false
    @Option(help: "A binary of strfry: measure it, too, under the same load (scenario strfry).") var strfry: String?
    @Option(help: "Write the figures to this file as JSON.") var json: String?

    func validate() throws {
        let names = scenarios.map(\.name)
        if let strfry, !FileManager.default.isExecutableFile(atPath: strfry) {
            throw ValidationError("\(strfry) is no program; build strfry and name its binary")
        }
        if let unknown = only.first(where: { !names.contains($0) }) {
            throw ValidationError("there is no scenario \(unknown); there are \(names.joined(separator: ", "))")
        }
    }

    private var scenarios: [Scenario] { Scenario.all + (strfry.map { [Scenario.strfry($0)] } ?? []) }

    func run() throws {
        if list {
            for scenario in scenarios { print("\(scenario.name)  \(scenario.summary)") }
            return
        }
        print("ringdown-bench: \(ProcessInfo.processInfo.activeProcessorCount) cores, Swift release build")
        print(Figure.heading)
        let machine = try Machine()
        var figures = machine.figures
        for figure in figures { print(figure.line) }
        for scenario in scenarios where only.isEmpty || only.contains(scenario.name) {
            let progress = Progress(scenario.name)
            let more = try scenario.run(machine, quick ? .quick : Scale(), progress.say)
            progress.end()
            for figure in more { print(figure.line) }
            figures += more
        }
        let missed = figures.filter { $0.isMet == false }.count
        print("\(figures.filter { $0.isMet == true }.count) aims met, \(missed) missed")
        if let json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(figures).write(to: URL(fileURLWithPath: json))
        }
    }
}

/// What is being done, on a terminal, in a line that goes away.
private struct Progress {
    private let name: String
    private let isOn = isatty(STDERR_FILENO) == 1

    init(_ name: String) {
        self.name = name
        say("…")
    }

    func say(_ text: String) {
        if isOn { FileHandle.standardError.write(Data("\r\u{1b}[K\(name): \(text)".utf8)) }
    }

    func end() {
        if isOn { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) }
    }
}
