import Foundation
import Log
import Nostr
import Reducers
import Testing

@testable import Replay

@Suite struct CutTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// A copy cut to a range, as the tool makes it.
    private func cut(_ story: Story, _ name: String = "cut", _ arguments: String...) throws -> EventLog {
        let path = scratch.path(name)
        let run = Tool.run(["export", "--data", story.directory, "--format", "log", "--out", path] + arguments)
        try #require(run.status == 0, "\(run.complaint)")
        return try OpenLog.at(path)
    }

    private func verify(_ log: EventLog) throws -> Verification { try Verifier(log).run() }

    @Test func aCopyHasEveryLeafAndVerifies() throws {
        let story = try Story.day()
        // The day has a mark at entry 35; what comes after it stands on the state there.
        let copy = try cut(story, "cut", "--from", "40", "--to", "50")
        let result = try verify(copy)
        #expect(result.divergence == nil)
        #expect(result.cut == 36..<52)
        #expect(result.entries == 16 && result.origin == "relay.example.com/mesh/1")
        #expect(result.root == (try story.log.read { $0.root }))
        try copy.read { reader in
            for seq in 0..<reader.size {
                let entry = try reader.entry(at: seq)
                let original = try story.log.read { try $0.entry(at: seq) }
                if original?.leaf.type == .mark { continue }
                #expect(entry?.leaf == original?.leaf)
                let isKept = (36..<52).contains(seq) || [0, 1].contains(seq)
                #expect(entry?.payload == (isKept ? original?.payload : nil), "\(seq)")
                #expect(entry?.salt == (isKept ? original?.salt : nil), "\(seq)")
            }
            try reader.checkTree()
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("cut")).contains("data.mdb"))
    }

    @Test func verifySaysWhichRangeIsThere() throws {
        let story = try Story.day()
        _ = try cut(story, "cut", "--from", "40", "--to", "50")
        let run = Tool.run("verify", "--data", scratch.path("cut"))
        #expect(run.status == 0)
        #expect(run.lines[0].hasSuffix("; this copy was cut to entries 36 to 51, all others are there as leaves"))
        let json = try #require(try Tool.run("verify", "--data", scratch.path("cut"), "--json").objects().first)
        #expect(json["verified"]?.boolValue == true)
        #expect(json["cut_first"]?.unsignedInteger == 36 && json["cut_last"]?.unsignedInteger == 51)
    }

    @Test func whyAndStateWorkInTheRange() throws {
        let story = try Story.day()
        _ = try cut(story, "cut", "--from", "40")
        for arguments in [["why", "46"], ["state", "--at", "50", "--json"]] {
            let whole = Tool.run(arguments + ["--data", story.directory])
            let part = Tool.run(arguments + ["--data", scratch.path("cut")])
            #expect(part.status == 0, "\(part.complaint)")
            if arguments[0] == "state" {
                #expect(part.output == whole.output)
            } else {
                #expect(part.output.contains("was removed 12 s before, entry 42"))
                #expect(part.output.contains("the same"))
            }
        }
        let lines = Tool.run("log", "--data", scratch.path("cut")).lines
        #expect(lines.count == 67 && lines[3].hasSuffix("the payload is not in this copy"))
        #expect(Tool.run("state", "--at", "20", "--data", scratch.path("cut")).status == 65)
    }

    @Test func withoutAMarkBeforeItARangeBeginsAtTheBeginning() throws {
        let story = try Story.day()
        let copy = try cut(story, "cut", "--to", "31")
        let result = try verify(copy)
        #expect(result.divergence == nil && result.cut == 0..<33)
        #expect(try copy.read { try $0.entry(at: 40)?.payload } == nil)
    }

    @Test func checkpointsStayWhereverTheyAre() throws {
        let story = try Story.day()
        let (size, root) = try story.log.read { ($0.size, $0.root) }
        let checkpoint = Checkpoint(origin: "relay.example.com/mesh/1", size: size, root: root)
        try story.append(.checkpoint(note: Text(SignedNote.sign(checkpoint, story.logKey).text)))
        let copy = try cut(story, "cut", "--from", "40", "--to", "50")
        #expect(try verify(copy).divergence == nil)
        for seq in [UInt64(67), 68] {
            let payload = try copy.read { try $0.entry(at: seq)?.payload }
            let original = try story.log.read { try $0.entry(at: seq)?.payload }
            #expect(payload != nil && payload == original)
        }
        let proof = Tool.run("prove", "--data", scratch.path("cut"), "46", "--out", scratch.path("46.proof"))
        #expect(proof.status == 0, "\(proof.complaint)")
    }

    @Test func whatWasErasedStaysErasedAndTheRangeVerifies() throws {
        let story = try Story.day()
        let batch = try story.log.beginBatch()
        try batch.erase([46])
        try batch.commit()
        let result = try verify(try cut(story, "cut", "--from", "40", "--to", "60"))
        #expect(result.divergence == nil && result.erased == 1)
    }

    @Test func aStateThatTheLogDoesNotCommitToIsRefused() throws {
        let story = try Story.day()
        let forged = try Story()
        try forged.begin(members: ["mallory"])
        try forged.append(.snapshotPoint)
        let snapshot = try #require(try forged.log.read { try $0.latestSnapshot(atOrBefore: 100) })
        let copy = try assemble(story, range: 36..<67, snapshot: (seq: snapshot.seq, bytes: snapshot.bytes))
        let divergence = try verify(copy).divergence
        #expect(divergence?.aspect == .stateRoot && divergence?.position == 36)
        let none = try assemble(story, range: 36..<67, snapshot: nil)
        #expect(try verify(none).divergence?.found == "none that can be read")
    }

    @Test func aRangeThatDoesNotBeginWhereItsStateIsIsRefused() throws {
        let story = try Story.day()
        let state = try story.log.read { try #require(try $0.latestSnapshot(atOrBefore: 66)) }
        let copy = try assemble(story, range: 40..<67, snapshot: (seq: state.seq, bytes: state.bytes))
        let divergence = try verify(copy).divergence
        #expect(divergence?.found == "an input that is not in this copy" && divergence?.position == 36)
    }

    @Test func aForgedDecisionInTheRangeIsFound() throws {
        let story = try Story.day()
        story.forge = { drafts, step in
            guard step.transition.refusal != nil else { return }
            let refusal = String(decoding: drafts[1].payload, as: UTF8.self)
            drafts[1].payload = Array(refusal.replacing("refused", with: "granted").utf8)
        }
        let carol = try story.connect("carol")
        try story.append(.event(story.request(from: "carol", to: "carol"), session: carol))
        let divergence = try verify(try cut(story, "cut", "--from", "60")).divergence
        #expect(divergence?.position == 69 && divergence?.aspect == .output)
    }

    @Test func payloadsMayBeMissingOutsideOfTheRangeOnly() throws {
        let story = try Story.day()
        let log = try EventLog.open(
            directory: scratch.path("new"), mode: .readWrite, options: LogOptions(initialMapSize: 1 << 24))
        let leaves = try story.log.read { reader in try (0..<3).map { try #require(try reader.leaf(at: $0)) } }
        let plain = try log.beginBatch()
        #expect(throws: LogError.self) { try plain.withhold(leaves[0]) }
        plain.abort()
        let batch = try log.beginBatch()
        try batch.begin(Cut(range: 1..<2))
        #expect(throws: LogError.self) { try batch.withhold(leaves[1]) }
        try batch.withhold(leaves[0])
        #expect(throws: LogError.self) { try batch.withhold(leaves[1]) }
        #expect(throws: LogError.self) { try batch.withhold(leaves[2]) }
        batch.abort()
    }

    @Test func nobodyWritesOnInACutCopy() throws {
        let story = try Story.day()
        do { _ = try cut(story, "cut", "--from", "40") }
        #expect(throws: LogError.self) { try EventLog.open(directory: scratch.path("cut"), mode: .readWrite) }
        let again = Tool.run(
            "export", "--data", story.directory, "--format", "log", "--out", scratch.path("cut"), "--force")
        #expect(again.status == 74 && again.complaint.contains("is a directory"))
    }

    /// A cut copy made by somebody who does not keep to the rules.
    private func assemble(
        _ story: Story, range: Range<UInt64>, snapshot: (seq: UInt64, bytes: [UInt8])?
    ) throws -> EventLog {
        let directory = scratch.path("forged-\(range.lowerBound)-\(snapshot?.seq ?? 0)")
        let plan = CutExport.Plan(range: range, snapshot: snapshot)
        let progress = Progress(.hidden, elapsed: { .zero }, write: { _ in })
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try CutExport(log: story.log, progress: progress).make(plan, in: directory)
        return try OpenLog.at(directory)
    }
}
