import ArgumentParser
import Foundation
import Log
import Nostr

/// `reporting-cost`: what machines that report all the time cost on disk, before and after archiving.
struct ReportingCost: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reporting-cost",
        abstract: "What machines that report every few seconds cost in the log for a year, and archived.",
        discussion: """
            Makes the log of some hours from real status reports, archives it with ringdown-relay, and multiplies.

              ringdown-bench reporting-cost --machines 100 --every 15 --hours 24
            """)

    @Option(help: "Machines that report.") var machines = 100
    @Option(help: "Seconds between two reports of one machine.") var every = 15
    @Option(help: "Hours that are made; the rest is multiplied.") var hours = 24
    @Option(help: "The directory with the samples.") var samples = "Tests/Fixtures/samples"
    @Flag(help: "Each report differs from the one before, in something that nobody is shown.") var changing = false

    private static let hoursPerYear = 8_766.0

    func run() throws {
        let directory = NSTemporaryDirectory() + "ringdown-cost-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let names = ["01_serving_single", "02_serving_with_peers", "03_sdk_peers_with_tokens"]
        let contents = try names.map { try ReportingCost.sample($0, in: samples) }
        let rounds = hours * 3_600 / every
        let (size, before) = try make(rounds, contents, in: directory)
        let reports = rounds * machines
        let average = contents.map(\.utf8.count).reduce(0, +) / contents.count
        print("\(machines) machines, a report every \(every) s, \(hours) h:")
        print("\(reports) reports of about \(average) bytes,")
        print("\(size) entries\(changing ? ", each report different" : "")")
        table(before, reports, "in the log")
        let freed = try archive(directory)
        let files = try ReportingCost.bytes(in: directory + "/archive")
        let after = try EventLog.open(directory: directory, mode: .readOnly).storage()
        table(after, reports, "in the log when archived")
        row("archive files", gigabytes(files), limit: "\(files / max(1, reports)) bytes a report")
        row("a year of the archive files", gigabytes(Int(Double(files) * perYear)))
        print(freed)
    }

    /// A real report, without white space.
    static func sample(_ name: String, in directory: String) throws -> String {
        try JSONValue.parse(Array(Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(name).json")))).compact
    }

    /// Makes the log, and lets go of it.
    private func make(_ rounds: Int, _ contents: [String], in directory: String) throws -> (UInt64, StorageFigures) {
        var day = try CommunityDay(directory: directory, machines: machines, samples: contents)
        try day.report(rounds: rounds, every: Int64(every), isChanging: changing) { done in
            guard isatty(STDERR_FILENO) == 1 else { return }
            FileHandle.standardError.write(Data("\r\(done) of \(rounds) rounds".utf8))
        }
        return try (day.log.read { $0.size }, day.log.storage())
    }

    private var perYear: Double { ReportingCost.hoursPerYear / Double(hours) }

    private func table(_ figures: StorageFigures, _ reports: Int, _ title: String) {
        row(title, gigabytes(Int(figures.tableBytes)), limit: "\(Int(figures.tableBytes) / reports) bytes a report")
        for table in figures.tables.sorted(by: { $0.bytes > $1.bytes }).prefix(4) {
            row(
                "  table \(table.name)", gigabytes(Int(table.bytes)),
                limit: "\(Int(table.bytes) / reports) bytes a report")
        }
        row("  for a year", gigabytes(Int(Double(figures.tableBytes) * perYear)))
    }

    private func gigabytes(_ bytes: Int) -> String { String(format: "%.3f GB", Double(bytes) / 1e9) }

    private func archive(_ directory: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: RelayProcess.binary("ringdown-relay"))
        process.arguments = ["archive", "--data", directory, "--before", "2099-01-01"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchmarkError("archive failed") }
        return text
    }

    private static func bytes(in directory: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: directory).reduce(0) { sum, name in
            let attributes = try FileManager.default.attributesOfItem(atPath: directory + "/" + name)
            return sum + (attributes[.size] as? Int ?? 0)
        }
    }
}

extension JSONValue {
    /// The value without white space.
    fileprivate var compact: String {
        var json = JSONWriter()
        json.value(self)
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
