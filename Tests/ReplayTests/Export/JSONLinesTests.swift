import Foundation
import Log
import Nostr
import Reducers
import Testing

@testable import Replay

@Suite struct JSONLinesTests {
    @Test func theLinesMakeTheSameLogAgain() throws {
        let story = try Story.day()
        let run = Tool.run("export", "--data", story.directory, "--format", "jsonl")
        #expect(run.status == 0 && run.complaint.isEmpty)
        let copy = try Scratch()
        let log = try EventLog.open(
            directory: copy.path("copy"), mode: .readWrite, options: LogOptions(initialMapSize: 1 << 24))
        let batch = try log.beginBatch()
        for line in run.lines { try batch.restore(try ExportedEntry(json: Array(line.utf8))) }
        try batch.commit()
        #expect(try log.read { $0.root } == (try story.log.read { $0.root }))
        #expect(try Verifier(log).run().divergence == nil)
    }

    @Test func anEventIsThereByteForByteAsItCameIn() throws {
        let story = try Story()
        try story.begin(members: ["alice"])
        let alice = try story.connect("alice")
        let event = story.sign("alice", kind: .textNote, content: "grüße\n")
        let spaced = String(decoding: event.raw, as: UTF8.self).replacing(",\"", with: ",\n \"")
        try story.append(.event(try Event.parse(Array(spaced.utf8)), session: alice))
        let line = try #require(
            try Tool.run("export", "--data", story.directory, "--format", "jsonl").objects().last)
        let payload = try #require(line["payload"]?.stringValue?.utf8)
        let bounds = try #require(line["document"]?.arrayValue?.compactMap { $0.unsignedInteger.map(Int.init) })
        #expect(String(decoding: payload[bounds[0]..<bounds[1]], as: UTF8.self) == spaced)
        #expect(line["id"]?.stringValue == Text(event.id.hex))
        #expect(line["door"]?.stringValue == "ws")
        #expect(line["session"]?.unsignedInteger == alice)
        #expect(line["time"]?.unsignedInteger == UInt64(story.clock - 1_000))
    }

    @Test func aDecisionHasItsFieldsAndTheFactsItStandsOn() throws {
        let story = try Story.day()
        let lines = try Tool.run("export", "--data", story.directory, "--format", "jsonl").objects()
        let granted = try #require(lines.first { $0["outcome"]?.stringValue == "granted" })
        #expect(granted["type"]?.stringValue == "decision" && granted["input"] == nil)
        #expect(granted["cause"]?.unsignedInteger == 29)
        #expect(granted["author"]?.stringValue == Text(Story.key("alice").publicKey.hex))
        #expect(granted["target"]?.stringValue == Text(Story.key("bob").publicKey.hex))
        #expect(granted["basis"]?["policy"]?.unsignedInteger == 1)
        #expect(granted["basis"]?["target_listening"]?.unsignedInteger != nil)
        #expect(granted["rules_version"]?.unsignedInteger == 1)
        let refused = try #require(lines.first { $0["code"]?.stringValue == "target_not_member" })
        #expect(refused["message"]?.stringValue == "restricted: target is not a relay member")
        let inputs = Set(lines.compactMap { $0["input"]?.stringValue?.string })
        #expect(
            inputs.isSuperset(of: ["genesis", "policy", "operator", "event", "authenticated", "listening", "closed"]))
        #expect(inputs.isSuperset(of: ["delivery", "dropped", "tick", "snapshot", "restart"]))
    }

    @Test func anErasedEntryKeepsItsLeafAndNothingElse() throws {
        let story = try Story.day()
        let batch = try story.log.beginBatch()
        try batch.erase([29])
        try batch.commit()
        let line = try Tool.run("export", "--data", story.directory, "--format", "jsonl").objects()[29]
        #expect(line["type"]?.stringValue == "erased")
        #expect(line["leaf"]?.stringValue != nil && line["commitment"]?.stringValue != nil)
        #expect(line["payload"] == nil && line["salt"] == nil && line["id"] == nil)
    }

    @Test func aRangeIsWhatLiesBetweenTwoPointsBothIncluded() throws {
        let story = try Story.day()
        func positions(_ arguments: String...) throws -> [UInt64] {
            try Tool.run(["export", "--data", story.directory, "--format", "jsonl"] + arguments).objects()
                .compactMap { $0["position"]?.unsignedInteger }
        }
        let all = try positions()
        #expect(all == Array(0..<UInt64(all.count)))
        #expect(try positions("--from", "29", "--to", "31") == [29, 30, 31])
        #expect(try positions("--to", "2026-01-02T03:04:17Z") == Array(0..<40))
        let id = try #require(
            try Tool.run("export", "--data", story.directory, "--format", "jsonl").objects()[29]["id"]?.stringValue)
        // What followed from the event belongs to it.
        #expect(try positions("--from", id.string, "--to", id.string) == [29, 30, 31, 32])
    }

    @Test func aRangeWithoutEntriesIsRefusedWithWhatTheLogHas() throws {
        let story = try Story.day()
        for arguments in [["--from", "100000"], ["--from", "40", "--to", "39"], ["--to", "2020-01-01"]] {
            let run = Tool.run(["export", "--data", story.directory, "--format", "jsonl"] + arguments)
            #expect(run.status == 1)
            #expect(run.output.isEmpty)
            #expect(run.complaint.contains("no entries in that range"), "\(run.complaint)")
            #expect(run.complaint.contains("the log has entries 0 to 66"), "\(run.complaint)")
        }
        let beyond = Tool.run("export", "--data", story.directory, "--format", "jsonl", "--to", "100000")
        #expect(beyond.status == 1 && beyond.complaint.contains("the log has no entry 100000"))
    }

    @Test func aFileIsReplacedOnlyWhenAskedTo() throws {
        let story = try Story.day()
        let scratch = try Scratch()
        let path = scratch.path("log.jsonl")
        let first = Tool.run("export", "--data", story.directory, "--format", "jsonl", "--to", "3", "--out", path)
        #expect(first.status == 0)
        #expect(first.lines == ["\(path): entries 0 to 3 as jsonl"])
        #expect(try scratch.text("log.jsonl").split(separator: "\n").count == 4)
        let second = Tool.run("export", "--data", story.directory, "--format", "jsonl", "--out", path)
        #expect(second.status == 74)
        #expect(second.complaint.contains("is there already") && second.complaint.contains("--force"))
        #expect(try scratch.text("log.jsonl").split(separator: "\n").count == 4)
        let third = Tool.run(
            "export", "--data", story.directory, "--format", "jsonl", "--out", path, "--force", "--json")
        #expect(try third.objects().first?["entries"]?.unsignedInteger == 67)
        #expect(try scratch.text("log.jsonl").split(separator: "\n").count == 67)
        #expect(try scratch.names() == ["log.jsonl"])
    }

    @Test func nothingIsLeftWhereTheOutputCannotBeWritten() throws {
        let story = try Story.day()
        let scratch = try Scratch()
        let missing = Tool.run(
            "export", "--data", story.directory, "--format", "jsonl", "--out", scratch.path("no/such/log.jsonl"))
        #expect(missing.status == 74 && missing.complaint.contains("cannot write"))
        #expect(try scratch.names().isEmpty)
        let damaged = try Story.day()
        damaged.forge = { drafts, _ in drafts[0].payload = Array("{}".utf8) }
        try damaged.append(.tick)
        let run = Tool.run(
            "export", "--data", damaged.directory, "--format", "jsonl", "--out", scratch.path("log.jsonl"))
        #expect(run.status == 65 && run.complaint.contains("entry 67"))
        #expect(try scratch.names().isEmpty)
    }

    @Test func aFullDiskIsSaidAndNothingIsLeft() throws {
        let file = try FileOutput("/dev/full")
        let failure = #expect(throws: ReplayFailure.self) {
            try file.output.line("a line")
            try file.close()
        }
        #expect(failure?.status == .cannotWrite)
        #expect(failure?.message.contains("No space left on device") == true)
    }
}
