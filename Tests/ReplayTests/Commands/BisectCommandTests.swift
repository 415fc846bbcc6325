import Foundation
import Log
import Nostr
import Reducers
import Testing

@testable import Replay

@Suite struct BisectCommandTests {
    /// A log, and a copy of it that goes on by itself.
    private func twins() throws -> (story: Story, copy: String) {
        let story = try Story.day()
        let copy = story.directory + "-copy"
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
        try story.log.copy(to: copy)
        return (story, copy)
    }

    private func append(to directory: String, _ note: String) throws {
        let log = try EventLog.open(directory: directory, mode: .readWrite)
        let batch = try log.beginBatch()
        try batch.append(
            Draft(
                type: .mark, flags: 0, rules: 1, membersRoot: .zero, stateRoot: .zero, salt: Randomness.bytes32(),
                payload: Array(#"{"mark":"\#(note)"}"#.utf8)), time: 1_900_000_000_000_000)
        try batch.commit()
    }

    @Test func theFirstEntryThatDiffersIsFoundAndShown() throws {
        let (story, copy) = try twins()
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let size = try story.log.read { $0.size }
        try append(to: copy, "restart")
        try story.append(.tick)
        for _ in 0..<300 { try story.append(.tick) }
        for _ in 0..<300 { try append(to: copy, "tick") }
        let tool = Tool.run("bisect", "--data", story.directory, "--other", copy, "--json")
        #expect(tool.status == 1)
        let result = try #require(tool.objects().first)
        #expect(result["position"]?.unsignedInteger == size)
        #expect((result["comparisons"]?.unsignedInteger ?? 99) < 12)
        let names = result["differences"]?.arrayValue?.map { $0["name"]?.stringValue } ?? []
        #expect(names.contains("commitment"))
        #expect(names.contains("payload"))
        let lines = Tool.run("bisect", "--data", story.directory, "--other", copy).output
        #expect(lines.contains("the logs part at entry \(size)"))
    }

    @Test func aBeginningIsNoDifference() throws {
        let (story, copy) = try twins()
        defer { try? FileManager.default.removeItem(atPath: copy) }
        #expect(Tool.run("bisect", "--data", story.directory, "--other", copy).output.contains("the logs are the same"))
        try story.append(.tick)
        let tool = Tool.run("bisect", "--data", story.directory, "--other", copy)
        #expect(tool.status == 0)
        #expect(tool.output.contains("--other is the beginning of the other"))
    }

    @Test func twoLogsFromTheBeginningAreToldSo() throws {
        let (left, right) = (try Story.day(), try Story.day())
        let tool = Tool.run("bisect", "--data", left.directory, "--other", right.directory)
        #expect(tool.status == 1)
        #expect(tool.output.contains("part at entry 0"))
    }

    @Test func rulesAndPoliciesPartAtTheFirstDecisionThatDiffers() throws {
        let story = try Story.day()
        for (arguments, code) in [
            (["--rules", "0"], "request_not_fresh"), (["--policy", "require_membership=false"], "target_not_member"),
        ] {
            let tool = Tool.run(["bisect", "--data", story.directory, "--json"] + arguments)
            #expect(tool.status == 1)
            let first = try #require(tool.objects().first)
            #expect(first["recorded"]?["code"]?.stringValue == Text(code))
            #expect(first["hypothetical"]?["outcome"]?.stringValue == "granted")
        }
        #expect(Tool.run("bisect", "--data", story.directory, "--rules", "1").status == 0)
    }

    @Test func oneThingIsCompared() throws {
        let story = try Story.day()
        #expect(Tool.run("bisect", "--data", story.directory).status == 64)
        #expect(
            Tool.run("bisect", "--data", story.directory, "--other", story.directory, "--rules", "0").status == 64)
    }
}
