import Foundation
import Log
import Reducers
import Testing

@testable import Replay

/// The program itself, as a shell would run it.
@Suite struct ProcessTests {
    struct Run {
        var status: Int32
        var endedBySignal: Bool
        var output: String
        var complaint: String
    }

    /// Runs the executable that was built beside these tests.
    private func run(_ arguments: [String], closingOutput: Bool = false) throws -> Run {
        let tests = URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        let process = Process()
        process.executableURL = tests.deletingLastPathComponent().appending(path: "ringdown-replay")
        process.arguments = arguments
        let output = Pipe()
        let complaint = Pipe()
        process.standardOutput = output
        process.standardError = complaint
        if closingOutput { try output.fileHandleForReading.close() }
        try process.run()
        let text = closingOutput ? Data() : try output.fileHandleForReading.readToEnd() ?? Data()
        let complaints = try complaint.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Run(
            status: process.terminationStatus, endedBySignal: process.terminationReason == .uncaughtSignal,
            output: String(decoding: text, as: UTF8.self), complaint: String(decoding: complaints, as: UTF8.self))
    }

    @Test func everySubcommandReadsALogThatIsBeingWritten() throws {
        let story = try Story.day()
        for arguments in [
            ["log"], ["state"], ["pairs"], ["why", "29"], ["verify"], ["tail"], ["export", "--format", "jsonl"],
        ] {
            let run = try run(arguments + ["--data", story.directory])
            #expect(run.status == 0)
            #expect(!run.output.isEmpty)
            #expect(run.complaint.isEmpty, "\(run.complaint)")
        }
        try story.append(.tick)
        #expect(try run(["verify", "--data", story.directory]).output.hasPrefix("verified: 68 entries"))
    }

    @Test func aReaderThatGoesAwayEndsItQuietly() throws {
        let story = try Story.day()
        for arguments in [["log"], ["log", "--json"], ["verify"]] {
            let run = try run(arguments + ["--data", story.directory], closingOutput: true)
            #expect(run.status == 0)
            #expect(!run.endedBySignal)
            #expect(run.complaint.isEmpty, "\(run.complaint)")
        }
    }

    @Test func aFileThatIsCutShortIsAFindingAndNotACrash() throws {
        let story = try Story.day()
        let directory = story.directory + "-cut"
        try story.log.copy(to: directory)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let file = try #require(FileHandle(forUpdatingAtPath: directory + "/data.mdb"))
        let size = try file.seekToEnd()
        for pages in stride(from: size / 4096 - 1, to: 2, by: -5) {
            try file.truncate(atOffset: pages * 4096)
            let verify = try run(["verify", "--data", directory, "--json"])
            #expect(!verify.endedBySignal)
            #expect([1, 65, 66].contains(verify.status), "\(pages) pages: \(verify)")
            #expect(verify.output.contains("\"verified\":false") || !verify.complaint.isEmpty)
            let log = try run(["log", "--data", directory])
            #expect(!log.endedBySignal)
            #expect([0, 65, 66].contains(log.status), "\(pages) pages: \(log)")
            #expect(log.status == 0 || !log.complaint.isEmpty)
        }
    }

    @Test func statusesAreThoseOfTheManual() throws {
        let story = try Story.day()
        #expect(try run(["log"]).status == 64)
        #expect(try run(["log", "--data", "/nonexistent"]).status == 66)
        #expect(try run(["verify", "--data", "/nonexistent"]).status == 66)
        #expect(try run(["why", "99999", "--data", story.directory]).status == 1)
        #expect(try run(["--help"]).status == 0)
        story.forge = { drafts, _ in drafts[0].rules = 7 }
        try story.append(.tick)
        #expect(try run(["verify", "--data", story.directory]).status == 1)
    }
}
