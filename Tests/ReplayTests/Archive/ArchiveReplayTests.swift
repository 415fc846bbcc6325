import Foundation
import Log
import Nostr
import Reducers
import Testing

@testable import Replay

/// A log whose first half is archived, as the replay tool reads it with and without the files.
@Suite struct ArchiveReplayTests {
    /// Calls before the boundary, a mark with its snapshot, and calls behind it.
    private static func make() throws -> (story: Story, mark: UInt64, granted: (old: UInt64, new: UInt64)) {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        let alice = try story.connect("alice", listening: true)
        try story.connect("bob", listening: true)
        let old = try call(story, alice, "old")
        for number in 0..<500 {
            story.clock += 1_000_000
            try story.append(
                .event(story.sign("alice", kind: .textNote, content: Text("note \(number)")), session: alice))
            try story.append(.dropped(Dropped(counts: ["rate": UInt64(number + 1)], keys: [])))
        }
        let mark = try story.append(.snapshotPoint).position.seq
        let bytes = story.state.snapshot
        let new = try call(story, alice, "new")
        try story.append(.tick)
        let end = (mark + 1) / 256 * 256
        let writer = ArchiveWriter(story.log, origin: "relay.example.com/mesh/1")
        let ranges = try writer.plan(upTo: end)
        for range in ranges { _ = try writer.write(range) }
        let batch = try story.log.beginBatch()
        try batch.archive(ranges, snapshot: mark, bytes: bytes)
        try batch.removeArchived(upTo: end, keeping: Set(0..<10))
        try batch.commit()
        return (story, mark, (old, new))
    }

    private static func call(_ story: Story, _ session: UInt64, _ attempt: String) throws -> UInt64 {
        story.clock += 20_000_000
        return try story.append(
            .event(story.request(from: "alice", to: "bob", attempt: attempt), session: session)
        ).position.seq
    }

    private static func hide(_ story: Story) throws {
        try FileManager.default.removeItem(atPath: story.directory + "/archive")
    }

    @Test func `with its files the whole log is verified, and old calls are explained`() throws {
        let (story, mark, granted) = try Self.make()
        let verify = Tool.run("verify", "--data", story.directory, "--json")
        #expect(verify.status == 0, "\(verify.output)")
        let object = try verify.objects()[0]
        #expect(object["absent"]?.unsignedInteger == 0 && object["begins"]?.unsignedInteger == 0)
        #expect(object["entries"]?.unsignedInteger ?? 0 > mark)
        #expect(Tool.run("why", "--data", story.directory, "\(granted.old)").status == 0)
        #expect(Tool.run("pairs", "--data", story.directory).lines.count == 2)
        #expect(Tool.run("state", "--data", story.directory, "--at", "20", "--no-snapshot").status == 0)
    }

    @Test func `without them what is not here is named, and the rest is verified from the kept state`() throws {
        let (story, mark, granted) = try Self.make()
        let whole = try Tool.run("verify", "--data", story.directory, "--json").objects()[0]
        let state = Tool.run("state", "--data", story.directory, "--json").output
        try Self.hide(story)
        let verify = Tool.run("verify", "--data", story.directory)
        #expect(verify.status == 0, "\(verify.output)")
        #expect(verify.output.contains("are archived and not here"))
        #expect(verify.output.contains("begins      at entry \(mark + 1)"))
        let object = try Tool.run("verify", "--data", story.directory, "--json").objects()[0]
        #expect(object["root"] == whole["root"])
        #expect(object["absent"]?.unsignedInteger == (mark + 1) / 256 * 256)
        #expect(Tool.run("verify", "--data", story.directory, "--require-all").status == 1)
        #expect(Tool.run("state", "--data", story.directory, "--json").output == state)

        let log = Tool.run("log", "--data", story.directory)
        #expect(log.status == 0)
        #expect(log.lines.filter { $0.contains("are archived and not here") }.count == 1)
        let pairs = Tool.run("pairs", "--data", story.directory)
        #expect(pairs.lines.count == 2, "one absence, one call: \(pairs.output)")
        let new = Tool.run("why", "--data", story.directory, "\(granted.new)")
        #expect(new.status == 0, "\(new.complaint)")
        let why = Tool.run("why", "--data", story.directory, "\(granted.old)")
        #expect(why.status == 1 && why.complaint.contains("archived and not here"), "\(why.complaint)")
        let early = Tool.run("state", "--data", story.directory, "--at", "20")
        #expect(early.status == 1 && early.complaint.contains("archived and not here"), "\(early.complaint)")
    }

    @Test func `files in another place are read from there`() throws {
        let (story, _, granted) = try Self.make()
        let elsewhere = story.directory + "-archive"
        try FileManager.default.moveItem(atPath: story.directory + "/archive", toPath: elsewhere)
        defer { try? FileManager.default.removeItem(atPath: elsewhere) }
        #expect(Tool.run("why", "--data", story.directory, "\(granted.old)").status == 1)
        #expect(Tool.run("why", "--data", story.directory, "--archive", elsewhere, "\(granted.old)").status == 0)
        #expect(Tool.run("verify", "--data", story.directory, "--archive", elsewhere, "--require-all").status == 0)
    }

    @Test func `a file that was altered is a divergence by name`() throws {
        let (story, _, _) = try Self.make()
        let path = story.directory + "/archive/00000000-000003ff.nrla"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        let verify = Tool.run("verify", "--data", story.directory)
        #expect(verify.status == 1)
        #expect(verify.output.contains("00000000-000003ff.nrla is damaged"), "\(verify.output)")
    }

    @Test func `a kept state that the log does not commit to is not gone on from`() throws {
        let (story, mark, _) = try Self.make()
        try Self.hide(story)
        var other = try Story.day().state
        other = RelayState()
        let batch = try story.log.beginBatch()
        try batch.storeSnapshot(seq: mark, bytes: other.snapshot)
        try batch.commit()
        let verify = Tool.run("verify", "--data", story.directory)
        #expect(verify.status == 1)
        #expect(verify.output.contains("state_root"), "\(verify.output)")
    }
}
