import Nostr
import Testing

@testable import Reducers

/// What is unique, which of equals wins, and how it is sorted: by the UTF-8 bytes (WIRE.md, "30621 mesh status").
@Suite struct ProjectionOrderTests {
    private func project(_ report: String) throws -> Projection {
        try Projection(report: Array(report.utf8), policy: Policy())
    }

    /// One letter in two spellings: Swift's `==` takes them for equal, and its `<` puts both behind an "f".
    private let composed: Text = "\u{e9}"
    private let decomposed: Text = "e\u{301}"
    private let plain: Text = "f"
    /// UTF-16 code units would sort these two the other way round.
    private let fullwidthTilde: Text = "\u{ff5e}"
    private let emoji: Text = "\u{1f600}"

    @Test func swiftItselfWouldGetItWrong() {
        #expect(composed.string == decomposed.string && composed != decomposed)
        #expect(plain.string < decomposed.string && decomposed < plain)
        #expect(fullwidthTilde < emoji && Array(emoji.string.utf16)[0] < Array(fullwidthTilde.string.utf16)[0])
    }

    @Test func targetsAreSortedByModelThenAddress() throws {
        let names = [emoji, plain, composed, fullwidthTilde, decomposed]
        let list = names.map { "\"\($0)\"" }.joined(separator: ",")
        let peers = names.map { #"{"endpoint_addr":"\#($0)","hosted_models":[\#(list)]}"# }.joined(separator: ",")
        let projection = try project("{\"peers\":[\(peers)]}")
        let sorted = [decomposed, plain, composed, fullwidthTilde, emoji]
        #expect(projection.models == sorted)
        #expect(projection.targets.map(\.modelID) == sorted.flatMap { [$0, $0, $0, $0, $0] })
        #expect(projection.targets.map(\.endpointAddress) == sorted + sorted + sorted + sorted + sorted)
    }

    @Test func theFirstOfEqualTargetsWins() throws {
        let projection = try project(
            #"{"token":"t","node_id":"self","my_vram_gb":1,"hosted_models":["m"],"serving_models":["m"],"peers":["#
                + #"{"invite_token":" t ","hostname":"peer","vram_gb":2,"serving_models":["m","n"]},"#
                + #"{"endpointAddr":"t","hostname":"late","vram_gb":3,"serving_models":["n"]}]}"#)
        #expect(projection.targets.map(\.modelID) == ["m", "n"])
        #expect(projection.targets.map(\.nodeName) == ["self", "peer"])
        #expect(projection.targets.map(\.vramGigabytes) == ["1", "2"])
    }

    @Test func aPeersEndpointIsTheFirstThatCounts() throws {
        let projection = try project(
            #"{"peers":[{"invite_token":" ","endpoint_addr":7,"endpointAddr":"c","hostname":"","id":"x","hosted_models":["1"]},"#
                + #"{"endpoint_addr":"b","endpointAddr":"c","hostname":"h","id":"x","hosted_models":["2"]},"#
                + #"{"invite_token":"a","endpoint_addr":"b","token":"never","hosted_models":["3"]}]}"#)
        #expect(projection.targets.map(\.endpointAddress) == ["c", "b", "a"])
        #expect(projection.targets.map(\.nodeName) == ["x", "h", nil])
    }

    @Test func aNodeWithoutAnAddressIsNamedByItsModelsAlone() throws {
        let projection = try project(#"{"hosted_models":["m"],"peers":[{"token":"t","hosted_models":["n"]}]}"#)
        #expect(projection.targets.isEmpty && projection.models == ["m", "n"] && projection.peerCount == 1)
    }

    @Test func peersThatAreNoObjectsAreCountedOnly() throws {
        #expect(try project(#"{"peers":[1,null,"x",[],{}]}"#).peerCount == 5)
        #expect(try project(#"{"peers":{"a":1}}"#).peerCount == 0)
    }

    @Test func theOrderOfTheReportDoesNotMatter() throws {
        let forth = try project(#"{"token":"t","hosted_models":["a","b","c"],"mesh_id":"m"}"#)
        let back = try project(#"{"mesh_id":"m","serving_models":["c","a"],"hosted_models":["b"],"token":"t"}"#)
        #expect(forth == back)
    }

    @Test func theNoteHasNoOtherFieldsThanItsOwn() throws {
        let content = try project(
            #"{"mesh_id":"i","mesh_name":"n","token":"t","node_id":"self","hosted_models":["m"],"my_vram_gb":1,"#
                + #""peers":[{"id":"p","endpoint_addr":"e","hosted_models":["o"]}],"launch_pi":"x","models":["y"]}"#
        ).content(dialect: .sprout, updatedAt: 9)
        let note = try #require(try JSONValue.parse(content.utf8).objectValue)
        let expected: [Text] = [
            "v", "type", "updatedAt", "meshId", "meshName", "serveTargets", "models", "peerCount",
        ]
        #expect(note.members.map(\.key) == expected)
        let target = try #require(note["serveTargets"]?.arrayValue?.first?.objectValue)
        #expect(target.members.map(\.key) == ["modelId", "endpointAddr", "nodeName", "capacity"])
    }

    @Test func anEmptyReportMakesAnEmptyNote() throws {
        for report in [
            "{}", #"{"token":"","hosted_models":[],"serving_models":[],"peers":[]}"#,
            #"{"token":"t","hosted_models":[" "]}"#,
        ] {
            #expect(try project(report).isEmpty)
        }
        #expect(try !project(#"{"peers":[{}]}"#).isEmpty && !project(#"{"mesh_id":"m"}"#).isEmpty)
    }
}
