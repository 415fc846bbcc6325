import Foundation
import Log
import Nostr
import Reducers
import Testing

@testable import Replay

/// `tail -f` as a process of its own, beside one that writes. One after the other: a process that is started meanwhile
/// would hold this one's pipe open.
@Suite(.serialized) struct FollowTests {
    /// A running `tail -f`, whose lines are read one after the other.
    private final class Tail {
        private static let patienceMilliseconds: Int32 = 30_000

        let process = Process()
        private let output = Pipe()
        private let complaint = Pipe()
        private var pending: [UInt8] = []

        init(_ directory: String, _ arguments: String...) throws {
            let tests = URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            process.executableURL = tests.deletingLastPathComponent().appending(path: "ringdown-replay")
            process.arguments = ["tail", "-f", "--data", directory] + arguments
            process.standardOutput = output
            process.standardError = complaint
            try process.run()
        }

        deinit { if process.isRunning { process.terminate() } }

        /// The next line; waits for it.
        func line() throws -> String {
            while true {
                if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                    defer { pending.removeFirst(end + 1) }
                    return String(decoding: pending[..<end], as: UTF8.self)
                }
                var status = pollfd(fd: output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
                try #require(poll(&status, 1, Tail.patienceMilliseconds) == 1, "no line came")
                let more = output.fileHandleForReading.availableData
                try #require(!more.isEmpty, "it ended: \(complaints())")
                pending += more
            }
        }

        func closeOutput() throws { try output.fileHandleForReading.close() }

        func complaints() -> String {
            process.waitUntilExit()
            return String(decoding: (try? complaint.fileHandleForReading.readToEnd()) ?? Data(), as: UTF8.self)
        }
    }

    private func position(_ line: String) throws -> UInt64? {
        try JSONValue.parse(Array(line.utf8))["position"]?.unsignedInteger
    }

    @Test func whatIsAppendedComesAtOnceUntilCtrlC() throws {
        let story = try Story.day()
        let tail = try Tail(story.directory, "-n", "1")
        #expect(try position(tail.line()) == 66)
        try story.append(.tick)
        #expect(try position(tail.line()) == 67)
        try story.append(Array(repeating: .tick, count: 2_500))
        for seq in 68..<UInt64(2_568) { #expect(try position(tail.line()) == seq) }
        tail.process.interrupt()
        #expect(tail.complaints().isEmpty)
        #expect(tail.process.terminationStatus == 0 && tail.process.terminationReason == .exit)
    }

    @Test func aPipeThatIsClosedEndsItEvenWhenNothingHappens() throws {
        let story = try Story.day()
        let tail = try Tail(story.directory, "-n", "1")
        _ = try tail.line()
        try tail.closeOutput()
        #expect(tail.complaints().isEmpty)
        #expect(tail.process.terminationStatus == 0 && tail.process.terminationReason == .exit)
    }

    @Test func onlyWhatIsAskedForComes() throws {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        let alice = try story.connect("alice")
        try story.append(.event(story.request(from: "alice", to: "bob", attempt: "a0"), session: alice))
        let tail = try Tail(story.directory, "-n", "1", "--kind", "24621", "--text")
        #expect(try tail.line().contains("  decision  granted"))
        try story.append(.tick)
        try story.append(.event(story.request(from: "alice", to: "bob"), session: alice))
        #expect(try tail.line().contains("  event     24621 connect request"))
        #expect(try tail.line().contains("  decision  granted"))
    }

    @Test func aFileThatIsExchangedIsFollowedAndAShorterOneIsNot() throws {
        let story = try Story.day()
        let scratch = try Scratch()
        try story.log.copy(to: scratch.path("short"))
        try story.append(.tick)
        try story.log.copy(to: scratch.path("watched"))
        let tail = try Tail(scratch.path("watched"), "-n", "1")
        #expect(try position(tail.line()) == 67)
        // As `ringdown-relay erase` does: a new file takes the old one's name.
        try story.append(.tick)
        try story.log.copy(to: scratch.path("long"))
        #expect(rename(scratch.path("long") + "/data.mdb", scratch.path("watched") + "/data.mdb") == 0)
        #expect(try position(tail.line()) == 68)
        #expect(rename(scratch.path("short") + "/data.mdb", scratch.path("watched") + "/data.mdb") == 0)
        #expect(tail.complaints().contains("the log has become shorter: it has 67 entries, and 69 were read"))
        #expect(tail.process.terminationStatus == 1)
    }
}
