import Foundation
import Log
import Nostr
import Reducers
import Testing

@testable import Replay

@Suite struct CSVTests {
    /// A reader of RFC 4180 that knows nothing of the writer.
    private func parse(_ text: String) -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        var bytes = Array(text.utf8)[...]
        while let byte = bytes.popFirst() {
            switch byte {
            case 0x22 where isQuoted && bytes.first == 0x22: field.append(bytes.removeFirst())
            case 0x22: isQuoted.toggle()
            case 0x2c where !isQuoted, 0x0d where !isQuoted:
                row.append(String(decoding: field, as: UTF8.self))
                field = []
                guard byte == 0x0d else { continue }
                #expect(bytes.popFirst() == 0x0a)
                rows.append(row)
                row = []
            default: field.append(byte)
            }
        }
        #expect(!isQuoted && field.isEmpty && row.isEmpty)
        return rows
    }

    @Test func aTableOnStandardOutputHasAHeaderAndARowForEach() throws {
        let story = try Story.day()
        let run = Tool.run("export", "--data", story.directory, "--format", "csv", "--table", "attempts")
        let rows = parse(run.output)
        #expect(run.status == 0)
        #expect(rows[0].prefix(4) == ["position", "decision", "time_us", "time"])
        #expect(rows.count == 6 && rows.allSatisfy { $0.count == rows[0].count })
        #expect(rows[3].contains("restricted: target is not a relay member"))
    }

    @Test func quotesCommasAndLineBreaksComeBackAsTheyWere() throws {
        let story = try Story()
        try story.begin(members: ["alice"])
        let alice = try story.connect("alice")
        let content = "say \"hi\",\r\nthen go\n,\""
        try story.append(.event(story.sign("alice", kind: .textNote, content: Text(content)), session: alice))
        let rows = parse(
            Tool.run("export", "--data", story.directory, "--format", "csv", "--table", "events").output)
        let column = try #require(rows[0].firstIndex(of: "content"))
        #expect(rows.last?[column] == content)
        #expect(rows.allSatisfy { $0.count == rows[0].count })
    }

    @Test func aDirectoryHasAFileForEachTable() throws {
        let story = try Story.day()
        let scratch = try Scratch()
        let run = Tool.run(
            "export", "--data", story.directory, "--format", "csv", "--out", scratch.path("tables"), "--from", "5")
        #expect(run.status == 0)
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path("tables")).sorted()
        #expect(names == ExportTable.allCases.map { "\($0.rawValue).csv" }.sorted())
        for table in ExportTable.allCases {
            let rows = parse(try scratch.text("tables/\(table.rawValue).csv"))
            #expect(rows[0] == table.columns.map(\.name))
            #expect(rows.allSatisfy { $0.count == table.columns.count })
        }
        #expect(parse(try scratch.text("tables/entries.csv")).count == 63)
        // A directory is never replaced, not even with --force.
        let again = Tool.run(
            "export", "--data", story.directory, "--format", "csv", "--out", scratch.path("tables"), "--force")
        #expect(again.status == 74 && again.complaint.contains("is a directory"))
    }

    @Test func whatFitsNoFormatIsWrongUsage() throws {
        let story = try Story.day()
        let usage = ["export", "--data", story.directory]
        #expect(Tool.run(usage + ["--format", "csv"]).complaint.contains("pick one --table"))
        #expect(Tool.run(usage + ["--format", "jsonl", "--table", "tags"]).status == 64)
        #expect(Tool.run(usage + ["--format", "xml"]).status == 64)
        #expect(Tool.run(usage + ["--format", "csv", "--table", "nothing"]).status == 64)
    }
}
