import Foundation
import Nostr
import Testing

@testable import Log

/// Two real processes on one log.
@Suite(.disabled(if: ChildProcess.task != nil))
struct ProcessTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func twoProcessesCannotWrite() throws {
        let child = try ChildProcess("hold", directory.path)
        #expect(child.line() == "holding")
        let expected = LogError.locked(directory: directory.path, process: child.processIdentifier)
        #expect(throws: expected) { try EventLog.make(directory.path) }
        // Reading beside it is fine.
        let reader = try EventLog.open(directory: directory.path, mode: .readOnly)
        #expect(reader.isCoordinated)
        #expect(try reader.read { try $0.entry(at: 0)?.payload } == Array("held".utf8))
    }

    @Test func theLockGoesWithItsProcess() throws {
        let child = try ChildProcess("hold", directory.path)
        #expect(child.line() == "holding")
        child.killAndWait()
        try EventLog.make(directory.path).append([Samples.draft("mine")])
    }

    @Test func aReaderFollowsWhileAnotherProcessGrowsTheMap() throws {
        let child = try ChildProcess("append", directory.path)
        #expect(child.line() == "open")
        let log = try EventLog.open(directory: directory.path, mode: .readOnly)
        let before = try log.storage().map
        child.goOn()
        var next: UInt64 = 0
        while next < 10_000 {
            guard try log.waitForGrowth(beyond: next, timeoutMilliseconds: 20_000) else {
                Issue.record("nothing came after \(next) entries")
                return
            }
            next = try log.read { reader in
                try reader.forEachEntry(from: next) { _ in true }
                // What is committed together is seen together.
                #expect(reader.size.isMultiple(of: 100))
                return reader.size
            }
        }
        let root = try log.read { try $0.checkTree() }
        #expect(child.line() == "done \(root.hex)")
        #expect(try log.storage().map > before)
    }

    @Test func aProcessThatIsKilledInTheMiddleOfABatchLeavesWholeBatches() throws {
        let child = try ChildProcess("half", directory.path)
        #expect(child.line() == "in the middle")
        child.killAndWait()
        let log = try EventLog.make(directory.path)
        try log.append([Samples.draft("goes on")])
        try log.read { reader throws in
            #expect(reader.size == 201)
            try reader.checkTree()
            #expect(try reader.checkIndexes() == nil)
        }
    }

    @Test func aReaderThatDiesLeavesNothingBehind() throws {
        let log = try EventLog.make(directory.path)
        try log.append([Samples.draft("a")])
        let child = try ChildProcess("read", directory.path)
        #expect(child.line() == "reading 1")
        #expect(try log.clearStaleReaders() == 0)
        child.killAndWait()
        #expect(try log.clearStaleReaders() == 1)
        #expect(try log.clearStaleReaders() == 0)
    }

    @Test func aCommitThatFailsShutsTheLogAndLosesNothingThatWasAcknowledged() throws {
        let child = try ChildProcess("full", directory.path)
        let acknowledged = try #require(child.line().flatMap { UInt64($0) })
        #expect(acknowledged > 5)
        let failure = try #require(child.line())
        #expect(failure.hasPrefix("could not commit: "))
        #expect(child.line() == failure)
        #expect(child.line() == "\(acknowledged)")
        child.wait()
        let log = try EventLog.make(directory.path)
        try log.append([Samples.draft("after a restart")])
        try log.read { reader throws in
            #expect(reader.size == acknowledged + 1)
            try reader.checkTree()
            #expect(try reader.checkIndexes() == nil)
        }
    }

    @Test func waitingEndsAfterItsTime() throws {
        let log = try EventLog.make(directory.path)
        #expect(try !log.waitForGrowth(beyond: 0, timeoutMilliseconds: 30))
        try log.append([Samples.draft("a")])
        #expect(try log.waitForGrowth(beyond: 0, timeoutMilliseconds: 0))
    }
}
