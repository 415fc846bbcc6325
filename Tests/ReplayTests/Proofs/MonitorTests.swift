import Foundation
import Log
import Nostr
import Reducers
import Testing

@testable import Replay

struct MonitorTests {
    private func look(_ directory: String, state: String, _ options: String...) -> (status: Int32, text: String) {
        let tool = Tool.run(["monitor", directory, "--once", "--state", state] + options)
        return (tool.status, tool.output + tool.complaint)
    }

    @Test func theFirstLookTrustsAndTheNextOnesContinue() throws {
        let story = try Story.day()
        let state = story.directory + "/state"
        let first = look(story.directory, state: state)
        #expect(first.status == 0 && first.text.hasPrefix("first look at"), "\(first)")
        #expect(first.text.contains("are trusted as they are"))
        let idle = look(story.directory, state: state)
        #expect(idle.status == 0 && idle.text.contains("0 new, continuing"), "\(idle)")
        try story.append(.checkpoint(note: Text(story.note().text)))
        for _ in 0..<300 { try story.append(.tick) }
        let grown = look(story.directory, state: state)
        #expect(grown.status == 0 && grown.text.contains("302 new, continuing"), "\(grown)")
        #expect(grown.text.contains("every decision is what the rules give"))
    }

    @Test func aRollbackAndAForkAreAlarms() throws {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        let (backup, state) = (story.directory + "/backup", story.directory + "/state")
        try story.log.copy(to: backup)
        try story.append(.tick)
        try story.append(.restart)
        #expect(look(story.directory, state: state).status == 0)
        let rollback = look(backup, state: state)
        #expect(rollback.status == 1 && rollback.text.hasPrefix("ALARM rollback"), "\(rollback)")
        try EventLog.open(directory: backup, mode: .readWrite).appendMarks(3, at: story.clock)
        let fork = look(backup, state: state)
        #expect(fork.status == 1 && fork.text.hasPrefix("ALARM fork"), "\(fork)")
        // An alarm does not become what is known.
        #expect(look(story.directory, state: state).status == 0)
        let object = try Tool.run("monitor", backup, "--once", "--state", state, "--json").objects().first
        #expect(object?["alarm"]?.stringValue?.string == "fork")
    }

    @Test func anotherKeyOrLogIsAnAlarm() throws {
        let (story, other) = (try Story.day(), try Story.day())
        let state = story.directory + "/state"
        #expect(look(story.directory, state: state).status == 0)
        #expect(look(other.directory, state: state).text.hasPrefix("ALARM other_key"))
        let renamed = VerifierKey(origin: "other.example/1", publicKey: story.logKey.publicKey)
        let second = story.directory + "/state2"
        #expect(look(story.directory, state: second, "--vkey", renamed.text).text.hasPrefix("ALARM other_log"))
        #expect(!FileManager.default.fileExists(atPath: second))
    }

    @Test func aDecisionThatTheRulesDoNotGiveIsAnAlarm() throws {
        let story = try Story.day()
        let state = story.directory + "/state"
        #expect(look(story.directory, state: state).status == 0)
        let alice = try story.connect("alice", listening: true)
        // Bob was removed, and is rung all the same.
        story.forge = { drafts, _ in
            guard drafts.count > 1, drafts[1].type == .decision else { return }
            let text = String(decoding: drafts[1].payload, as: UTF8.self)
            drafts[1].payload = Array(text.replacingOccurrences(of: "refused", with: "granted").utf8)
        }
        try story.append(.event(story.request(from: "alice", to: "bob", attempt: "a9"), session: alice))
        let alarm = look(story.directory, state: state)
        #expect(alarm.status == 1 && alarm.text.hasPrefix("ALARM divergence: entry"), "\(alarm)")
    }

    @Test func aCheckpointInTheLogThatLiesIsAnAlarm() throws {
        let story = try Story.day()
        let lie = SignedNote.sign(Checkpoint(origin: Story.origin, size: 20, root: .zero), story.logKey)
        try story.append(.checkpoint(note: Text(lie.text)))
        let alarm = look(story.directory, state: story.directory + "/state")
        #expect(alarm.status == 1 && alarm.text.hasPrefix("ALARM fork"), "\(alarm)")
    }

    @Test func missingWitnessesAndStaleLogsAreAlarms() throws {
        let story = try Story.day()
        let vkey = WitnessKey(name: "w.example", publicKey: LogKey.generate().publicKey)
        let policy = try story.write("witness W \(vkey.text)\nquorum W\n", as: "policy")
        try story.append(.checkpoint(note: Text(story.note().text)))
        let state = story.directory + "/state"
        #expect(look(story.directory, state: state, "--policy", policy).text.hasPrefix("ALARM witnesses"))
        let later = Tool.run(
            ["monitor", story.directory, "--once", "--stale", "60"], now: story.clock + 61_000_000)
        #expect(later.status == 1 && later.output.hasPrefix("ALARM stale"), "\(later.output)")
        let soon = Tool.run(
            ["monitor", story.directory, "--once", "--stale", "60"], now: story.clock + 9_000_000)
        #expect(soon.status == 0)
    }

    @Test func aDamagedStateIsNoBeginning() throws {
        let story = try Story.day()
        let state = story.directory + "/state"
        #expect(look(story.directory, state: state).status == 0)
        let good = try Data(contentsOf: URL(fileURLWithPath: state))
        for place in stride(from: 0, to: good.count, by: 7) {
            var altered = good
            altered[place] ^= 1
            try altered.write(to: URL(fileURLWithPath: state))
            #expect(look(story.directory, state: state).status != 0, "byte \(place)")
        }
    }

    @Test func anAddressTakesAKeyAndAnAnswer() {
        #expect(Tool.run("monitor", "http://127.0.0.1:1", "--once").complaint.contains("--vkey"))
        let key = LogKey.generate().verifierKey(origin: "a.example/1")
        let tool = Tool.run("monitor", "http://127.0.0.1:1", "--once", "--vkey", key)
        #expect(tool.status == 1 && tool.output.hasPrefix("ALARM unreachable"), "\(tool.output)\(tool.complaint)")
    }
}

/// Tiles that somebody altered.
struct TreeWalkTests {
    /// Serves a log's tiles, some of them altered or not at all.
    private struct Altered: TreeSource {
        var tree: LocalTree
        var alter: (TilePath, [UInt8]?) -> [UInt8]?

        func note() throws -> SignedNote? { nil }
        func tile(_ path: TilePath) throws -> [UInt8]? { alter(path, try tree.tile(path)) }
    }

    private let story: Story
    private let tip: Checkpoint

    init() throws {
        story = try Story.day()
        for _ in 0..<3 { try story.append([Input](repeating: .tick, count: 250)) }
        tip = try story.log.read { Checkpoint(origin: Story.origin, size: $0.size, root: $0.root) }
    }

    private func alarm(_ alter: @escaping (TilePath, [UInt8]?) -> [UInt8]?) throws -> Alarm.Kind? {
        var source = Altered(tree: try LocalTree(story.directory), alter: alter)
        do {
            _ = try TreeWalk.walk(&source, from: Frontier(), to: tip)
            return nil
        } catch let alarm as Alarm {
            return alarm.kind
        }
    }

    @Test func everyStepFromEverySizeLeadsToTheRoot() throws {
        let leaves = try story.log.read { reader in
            try (0..<reader.size).compactMap { try reader.leaf(at: $0)?.hash }
        }
        var source = try LocalTree(story.directory)
        var frontier = Frontier()
        for (size, leaf) in leaves.enumerated() {
            if size % 37 == 0 || (255...257).contains(size) {
                let walked = try TreeWalk.walk(&source, from: frontier, to: tip)
                #expect(walked.frontier.root == tip.root, "from \(size)")
            }
            frontier.append(leaf)
        }
    }

    @Test func everyMissingTileIsAGapAndEveryAlteredOneIsFound() throws {
        #expect(try alarm { $1 } == nil)
        for path in TilePath.tiles(to: tip.size) {
            #expect(try alarm { $0 == path ? nil : $1 } == .gap, "\(path.text)")
            #expect(try alarm { $0 == path ? $1.map { Array($0.dropLast()) } : $1 } == .damaged, "\(path.text)")
            let altered = try alarm { which, tile in
                guard which == path, var tile else { return tile }
                // In a leaf's commitment, or in a hash.
                tile[min(40, tile.count - 1)] ^= 1
                return tile
            }
            #expect(altered == .damaged || altered == .fork, "\(path.text)")
        }
    }

    @Test func anotherHistoryIsAFork() throws {
        let other = try Story.day()
        let seen = try other.log.read { $0.frontier }
        var source = try LocalTree(story.directory)
        #expect(throws: Alarm.self) { try TreeWalk.walk(&source, from: seen, to: tip) }
    }
}
