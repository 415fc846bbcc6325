import Foundation
import Nostr
import Testing

@testable import Reducers

@Suite struct ProjectionTests {
    private static let samples = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Fixtures/samples")
        .standardized
    private static let decidedAt: Int64 = 1_780_500_000

    static var names: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: samples.path)) ?? []
        return files.filter { $0.hasSuffix(".json") && !$0.contains("projection") }.sorted()
    }

    private func read(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: ProjectionTests.samples.appendingPathComponent(name)))
    }

    private func project(_ report: String, _ change: (inout Policy) -> Void = { _ in }) throws -> String {
        var policy = Policy()
        change(&policy)
        return try Projection(report: Array(report.utf8), policy: policy).content(dialect: .sprout, updatedAt: 0).string
    }

    /// A JSON value whose order of fields does not count.
    private func unordered(_ bytes: [UInt8]) throws -> NSObject {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? NSObject)
    }

    @Test(arguments: names)
    func aRealReportIsProjectedAsItShouldBe(name: String) throws {
        var policy = Policy()
        policy.dialect = .buzz
        let content = try Projection(report: try read(name), policy: policy)
            .content(dialect: .buzz, updatedAt: ProjectionTests.decidedAt)
        let expected = try read(name.replacingOccurrences(of: ".json", with: ".projection.json"))
        #expect(try unordered(content.utf8) == unordered(expected))
        #expect(!content.string.contains("canary"), "nothing private is shown")
    }

    @Test func thereAreSamples() { #expect(ProjectionTests.names.count == 5) }

    @Test func stringsAreSortedAndToldApartByTheirBytes() throws {
        // One letter in two spellings, which Swift's == takes for equal, and two letters that UTF-16 would sort the other way.
        let report = "{\"hosted_models\":[\"e\\u0301\",\"\\u00e9\",\"\\ud83d\\ude00\",\"\\uff5e\"]}"
        let content = try project(report)
        let models = ["e\u{301}", "\u{e9}", "\u{ff5e}", "\u{1f600}"].map { "{\"id\":\"\($0)\"}" }.joined(separator: ",")
        #expect(Array(content.utf8).contains(Array("\"models\":[\(models)]".utf8)))
    }

    @Test(arguments: ["", " ", "\\t\\n", "\\u00a0\\u2003\\u3000", "\\u0085"])
    func whatIsBlankDoesNotCount(blank: String) throws {
        let content = try project("{\"token\":\"\(blank)\",\"mesh_id\":\"\(blank)\",\"hosted_models\":[\"\(blank)\"]}")
        #expect(content.contains("\"serveTargets\":[],\"models\":[]") && !content.contains("meshId"))
    }

    @Test func whiteSpaceAroundAStringIsTrimmed() throws {
        #expect(try project(#"{"mesh_name":"\u2003 buzz\n"}"#).contains(#""meshName":"buzz""#))
    }

    @Test func aNumberKeepsItsText() throws {
        let content = try project(#"{"token":"t","my_vram_gb":24.00000000000000001,"hosted_models":["m"]}"#)
        #expect(content.contains(#""vramGb":24.00000000000000001"#))
    }

    @Test(arguments: ["[]", "7", "\"text\"", "null", "", "{", "{\"a\":1,\"a\":2}"])
    func whatIsNoObjectIsRefused(content: String) {
        #expect {
            try project(content)
        } throws: { error in
            (error as? Refusal)?.message.hasPrefix("invalid: mesh status report content is not JSON (") == true
        }
    }

    @Test func aLongTokenTimesThousandsOfModelsIsRefused() throws {
        let models = (0..<4200).map { "\"m\($0)\"" }.joined(separator: ",")
        let token = String(repeating: "t", count: 30_000)
        let report = "{\"token\":\"\(token)\",\"hosted_models\":[\(models)]}"
        #expect(throws: Refusal.self) { try project(report) }
        #expect(throws: Refusal.self) { try project(report) { $0.maximumStringBytes = 65_536 } }
        #expect(throws: Refusal.self) {
            try project(report) {
                $0.maximumStringBytes = 65_536
                $0.maximumModels = 10_000
                $0.maximumTargets = 10_000
            }
        }
    }
}

extension [UInt8] {
    fileprivate func contains(_ part: [UInt8]) -> Bool {
        indices.contains { self[$0...].starts(with: part) }
    }
}
