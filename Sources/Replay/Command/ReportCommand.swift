import ArgumentParser
import Log
import Nostr

/// `report`: a page about a range, for people who are no engineers.
struct ReportCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract:
            "How do I show this to somebody else? One HTML file: who was paired with whom, when, and was it right.",
        discussion: """
            The file needs nothing else: no network, no fonts, no other file. It says first whether the whole log is what it \
            has to be, then who was connected with whom, a timeline to move along, every attempt with its story, every \
            refusal with its reason, and who belonged when. It prints.

              ringdown-replay report --data DIR --from -1d --out yesterday.html

            Large ranges are summed up: everything is counted, the latest 1,000 attempts are told one by one.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var range: RangeOptions

    @Option(help: ArgumentHelp("The file to make.", valueName: "FILE.html"))
    var out: String

    @Flag(help: "Replace a file that is there already.")
    var force = false

    @Flag(name: .customLong("no-verify"), help: "Do not check the log, and say so at the top.")
    var skipsVerification = false

    func execute(_ console: Console) throws -> Int32 {
        let log = try common.open()
        let positions = try range.positions(in: log, console)
        let result = try UnfinishedFile(out, replaces: force)
        do {
            let verification = try verify(log, console)
            var report = try ReportMaker(log: log, progress: console.progress).report(on: positions)
            report.verification = verification
            let file = try result.open()
            try file.output.line(ReportPage(report).html)
            try file.close()
            try result.finish()
            try say(report, result.path, console)
        } catch {
            result.discard()
            throw error
        }
        return 0
    }

    private func verify(_ log: EventLog, _ console: Console) throws -> Verification? {
        guard !skipsVerification else { return nil }
        console.progress.begin("verifying")
        return try Verifier(log).run { _, done, total in console.progress.update(done, of: total) }
    }

    /// What was written, in a line.
    private func say(_ report: Report, _ out: String, _ console: Console) throws {
        let isRight = report.verification.map { $0.divergence == nil }
        guard common.printsJSON else {
            let verdict = isRight.map {
                $0 ? "the log was checked and is right" : "THE LOG IS NOT RIGHT, see the report"
            }
            return try console.output.line(
                """
                \(out): entries \(report.positions.lowerBound) to \(report.positions.upperBound - 1), \
                \(ReportWords.count(report.attempts, "attempt")); \(verdict ?? "the log was not checked")
                """)
        }
        var json = JSONWriter()
        json.beginObject()
        json.field("out", out)
        json.field("first", report.positions.lowerBound)
        json.field("last", report.positions.upperBound - 1)
        json.field("attempts", report.attempts)
        json.field("granted", report.granted)
        json.field("refused", report.refused)
        if let isRight { json.field("verified", isRight) }
        json.endObject()
        try console.output.line(utf8: json.bytes)
    }
}
