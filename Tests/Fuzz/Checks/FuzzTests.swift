import Foundation
import Testing

/// Every kept input through its reader, and a few thousand that are made of them: what libFuzzer does at length
/// (`scripts/fuzz.sh`), with the same inputs each time.
struct FuzzTests {
    private static let rounds = 3_000
    private static let targets = FuzzTarget.readers
    private static let corpora = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Corpora")

    @Test(arguments: targets.map(\.name))
    func everyInputIsReadOrRefused(_ name: String) throws {
        let target = try #require(Self.targets.first { $0.name == name })
        let inputs = try Self.inputs(of: name)
        try #require(!inputs.isEmpty, "\(name) has no inputs to begin with")
        for input in inputs { try target.run(input) }
        var mutator = Mutator(seed: 0x5eed)
        for round in 0..<Self.rounds {
            let input = mutator.input(from: inputs)
            #expect(throws: Never.self, "round \(round): \(Data(input).base64EncodedString())") {
                try target.run(input)
            }
        }
    }

    /// The control: without a broken property no target fails, and with one it does.
    @Test func aBrokenPropertyIsSeen() throws {
        #expect(throws: PropertyFailure.self) { try FuzzTarget.planted.run(Array("ring!".utf8)) }
        #expect(throws: Never.self) { try FuzzTarget.planted.run(Array("ring?".utf8)) }
    }

    @Test func everyKeptInputBelongsToATarget() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.corpora.path)
        #expect(Set(folders).isSubset(of: Self.targets.map(\.name)))
    }

    private static func inputs(of name: String) throws -> [[UInt8]] {
        let folder = corpora.appending(path: name)
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return try MadeSeeds.of(name)
            + files.sorted().map { [UInt8](try Data(contentsOf: folder.appending(path: $0))) }
    }
}
