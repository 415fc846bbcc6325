import Foundation
import Log
import Nostr
import Reducers
import Testing

@testable import Replay

/// Logs that something was done to, each told apart by name.
struct ConsistencyCommandTests {
    private func text(_ arguments: String...) -> (status: Int32, text: String) {
        let tool = Tool.run(["consistency"] + arguments)
        return (tool.status, tool.output + tool.complaint)
    }

    private func copy(_ story: Story, _ name: String) throws -> String {
        let path = story.directory + "/" + name
        try story.log.copy(to: path)
        return path
    }

    @Test func aLogThatGrewIsConsistentAndTheProofHoldsWithoutIt() throws {
        let story = try Story.day()
        let old = try story.write(story.note(at: 20).text, as: "old")
        let new = try story.write(story.note().text, as: "new")
        let proof = story.directory + "/proof"
        let made = text(old, story.directory, "--out", proof)
        #expect(made.status == 0 && made.text.hasPrefix("CONSISTENT: the log grew from 20"), "\(made)")
        #expect(text("20", story.directory).status == 0)
        #expect(text("20", new, "--proof", proof, "--vkey", story.verifierKey.text).status == 1)
        #expect(text(old, new, "--proof", proof, "--vkey", story.verifierKey.text).status == 0)
        #expect(text(old, new, "--proof", proof).text.contains("--vkey"))
        #expect(text(old, new, "--vkey", story.verifierKey.text).text.contains("--proof"))
        #expect(text(new, old, "--proof", proof, "--vkey", story.verifierKey.text).text.contains("truncated"))
        let backup = try copy(story, "backup")
        try story.append(.tick)
        #expect(text(backup, story.directory).text.hasPrefix("CONSISTENT"))
        #expect(text(story.directory, backup).text.hasPrefix("NOT CONSISTENT: truncated"))
    }

    @Test func noAlteredProofHolds() throws {
        let story = try Story.day()
        let (old, new) = (try story.note(at: 21), try story.note())
        let hashes = try story.log.read { try $0.consistencyProof(from: 21, to: $0.size) }
        let file = ConsistencyFile(oldSize: 21, hashes: hashes, checkpoint: new.text)
        let (before, now) = (try Checkpoint(parsing: old.body), try Checkpoint(parsing: new.body))
        #expect(file.verify(before, now).isConsistent)
        #expect(try ConsistencyFile(parsing: file.text).text == file.text)
        // The signature of the new checkpoint is the note's to check.
        let proofEnd = file.text.utf8.count - (new.text.utf8.count - new.body.utf8.count)
        for place in 0..<proofEnd {
            for flip in [1, 0x10] as [UInt8] {
                var bytes = Array(file.text.utf8)
                bytes[place] ^= flip
                let altered = String(validating: bytes, as: UTF8.self).flatMap { try? ConsistencyFile(parsing: $0) }
                #expect(altered?.verify(before, now).isConsistent != true, "byte \(place)")
            }
        }
    }

    @Test func aRewrittenTailIsNamedWithItsFirstEntry() throws {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        try story.append(.tick)
        let backup = try copy(story, "backup")
        let size = try story.log.read { $0.size }
        try story.append(.restart)
        try story.append(.tick)
        let old = try story.write(story.note().text, as: "old")
        let forged = try EventLog.open(directory: backup, mode: .readWrite)
        try forged.appendMarks(4, at: story.clock)
        let named = text(old, backup)
        #expect(named.status == 1 && named.text.hasPrefix("NOT CONSISTENT: rewritten"), "\(named)")
        let both = text(story.directory, backup)
        #expect(both.text.contains("the first that differs is entry \(size)"), "\(both)")
        let objects = try Tool.run("consistency", story.directory, backup, "--json").objects()
        #expect(objects.first?["finding"]?.stringValue?.string == "rewritten")
        #expect(objects.first?["position"]?.unsignedInteger == size)
    }

    @Test func anotherKeyAndAnotherLogAreNamed() throws {
        let (story, other) = (try Story.day(), try Story.day())
        let key = try story.write(story.note(key: .generate()).text, as: "key")
        #expect(text(key, story.directory).text.hasPrefix("NOT CONSISTENT: another key"))
        let name = try story.write(story.note(origin: "other.example/1").text, as: "name")
        #expect(text(name, story.directory).text.hasPrefix("NOT CONSISTENT: another log"))
        // The same name, and a key of its own.
        #expect(text(story.directory, other.directory).text.hasPrefix("NOT CONSISTENT: another key"))
    }

    @Test func whatCannotBeComparedSaysWhy() throws {
        let story = try Story.day()
        #expect(text("1", "2", "--vkey", story.verifierKey.text).text.contains("a log's directory"))
        #expect(text("9999", story.directory).text.contains("truncated"))
        let junk = try story.write("junk\n", as: "junk")
        #expect(text(junk, story.directory).status == 1)
        #expect(text(story.directory + "/nothing", story.directory).status == 66)
    }
}

/// Checkpoints in `verify`.
struct VerifiedCheckpointTests {
    private func verify(_ directory: String, _ options: String...) -> Tool {
        Tool.run(["verify", "--data", directory] + options)
    }

    @Test func checkpointsInTheLogAreChecked() throws {
        let story = try Story.day()
        try story.append(.checkpoint(note: Text(story.note().text)))
        try story.append(.tick)
        try story.append(.checkpoint(note: Text(story.note(at: 70).text)))
        let tool = verify(story.directory)
        #expect(tool.status == 0, "\(tool.output)")
        #expect(tool.output.contains("2 in the log, the newest over 70 entries"))
    }

    @Test func aCheckpointInTheLogThatLiesIsNamed() throws {
        func finding(_ note: (Story) throws -> SignedNote) throws -> String {
            let story = try Story.day()
            try story.append(.checkpoint(note: Text(note(story).text)))
            let tool = verify(story.directory)
            #expect(tool.status == 1)
            #expect(tool.output.contains("(checkpoint)"), "\(tool.output)")
            return tool.output
        }
        func signed(_ story: Story, size: UInt64, root: Bytes32 = .zero) -> SignedNote {
            SignedNote.sign(Checkpoint(origin: Story.origin, size: size, root: root), story.logKey)
        }
        #expect(try finding { try $0.note(key: .generate()) }.contains("not signed by"))
        #expect(try finding { signed($0, size: 9_999) }.contains("one over 9999 entries"))
        #expect(try finding { signed($0, size: 20) }.contains("rewritten after the checkpoint was signed"))
        #expect(try finding { try $0.note(origin: "other.example/1") }.contains("not signed by"))
    }

    @Test func aCheckpointThatSomebodyKeptTellsWhatHappened() throws {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        let backup = story.directory + "/backup"
        try story.log.copy(to: backup)
        try story.append(.tick)
        try story.append(.restart)
        let kept = try story.write(story.note().text, as: "kept")
        #expect(verify(story.directory, "--checkpoint", kept).status == 0)
        let truncated = verify(backup, "--checkpoint", kept)
        #expect(truncated.status == 1 && truncated.output.contains("truncated: the log has"), "\(truncated.output)")
        try EventLog.open(directory: backup, mode: .readWrite).appendMarks(3, at: story.clock)
        let forged = verify(backup, "--checkpoint", kept)
        #expect(forged.status == 1 && forged.output.contains("rewritten (a fork)"), "\(forged.output)")
        let key = try story.write(story.note(key: .generate()).text, as: "key")
        #expect(verify(story.directory, "--checkpoint", key).output.contains("another key"))
        let name = try story.write(story.note(origin: "other.example/1").text, as: "name")
        #expect(verify(story.directory, "--checkpoint", name).output.contains("another log"))
    }
}

extension EventLog {
    /// Appends entries that no rule is asked about, as somebody would who only wants the log to be long enough.
    func appendMarks(_ count: Int, at time: Int64) throws {
        let last = try read { reader in try reader.leaf(at: reader.size - 1) }
        let batch = try beginBatch()
        for _ in 0..<count {
            let draft = Draft(
                type: .mark, rules: last?.rules ?? 0, membersRoot: last?.membersRoot ?? .zero,
                stateRoot: last?.stateRoot ?? .zero, salt: .zero, payload: Array(#"{"mark":"tick"}"#.utf8))
            _ = try batch.append(draft, time: time)
        }
        try batch.commit()
    }
}
