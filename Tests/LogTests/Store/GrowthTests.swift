import Foundation
import Nostr
import Synchronization
import Testing

@testable import Log

struct GrowthTests {
    private let directory: TemporaryDirectory
    /// 64 pages: less than what one batch of these tests writes.
    private static let tinyMap = 1 << 18

    init() throws { directory = try TemporaryDirectory() }

    private func event(_ number: Int) throws -> Event {
        try Samples.event(
            author: Samples.author(UInt64(number % 10)), createdAt: Int64(number),
            kind: number % 5 == 0 ? .meshStatus : .textNote,
            tags: [["d", Text("\(number % 20)")]], content: Text(String(repeating: "x", count: number % 700)))
    }

    @Test func aBatchLargerThanTheMapIsCommittedWhole() throws {
        let log = try EventLog.make(directory.path, mapSize: GrowthTests.tinyMap)
        let batch = try log.beginBatch()
        var hashes: [Bytes32] = []
        for number in 0..<4_000 {
            let placed = try batch.append(Samples.draft(try event(number), shared: true), time: Int64(number))
            #expect(placed.seq == UInt64(number))
            hashes.append(placed.leafHash)
            if number == 2_000 { try batch.storeSnapshot(seq: 1_999, bytes: Randomness.bytes(100_000)) }
        }
        #expect(try log.read { $0.size } == 0)
        let root = batch.root
        try batch.commit()
        try log.read { reader throws in
            #expect(reader.size == 4_000)
            #expect(reader.root == root)
            #expect(reader.root == MerkleTree.root(of: hashes))
            #expect(try reader.checkTree() == root)
            #expect(try reader.checkIndexes() == nil)
            #expect(try reader.latestSnapshot(atOrBefore: 3_999)?.seq == 1_999)
        }
        #expect(try log.storage().map > UInt64(GrowthTests.tinyMap))
    }

    @Test func oneEntryLargerThanTheMapIsStored() throws {
        let log = try EventLog.make(directory.path, mapSize: GrowthTests.tinyMap)
        let payload = Randomness.bytes(3 << 20)
        var draft = Samples.draft("")
        draft.payload = payload
        try log.append([Samples.draft("before"), draft, Samples.draft("after")])
        #expect(try log.read { try $0.entry(at: 1)?.payload } == payload)
    }

    @Test func theMapGrowsUnderReadersThatNeverStop() throws {
        let log = try EventLog.make(directory.path, mapSize: GrowthTests.tinyMap)
        let isDone = Atomic(false)
        let failures = Mutex<[String]>([])
        let reads = Atomic(0)
        // Two, so that at nearly every moment at least one is inside of a read.
        let threads = (0..<2).map { _ in
            Thread {
                do {
                    while !isDone.load(ordering: .relaxed) {
                        try log.read { reader in
                            var seen: UInt64 = 0
                            try reader.forEachEntry(from: reader.size - min(reader.size, 300)) { entry in
                                seen = entry.leaf.seq + 1
                                return true
                            }
                            if reader.size > 0, seen != reader.size {
                                throw LogError.misuse("\(seen) of \(reader.size)")
                            }
                            // A read inside of a read must not wait for the growth that waits for the outer one.
                            _ = try log.read { $0.size }
                        }
                        reads.add(1, ordering: .relaxed)
                    }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
                isDone.store(true, ordering: .relaxed)
            }
        }
        for thread in threads { thread.start() }
        var number = 0
        while number < 6_000, !isDone.load(ordering: .relaxed) {
            try log.append(try (number..<number + 50).map { try event($0) })
            number += 50
        }
        isDone.store(true, ordering: .relaxed)
        for thread in threads { while !thread.isFinished { usleep(1_000) } }
        #expect(failures.withLock { $0 } == [])
        #expect(reads.load(ordering: .relaxed) > 0)
        #expect(try log.read { $0.size } == 6_000)
        try log.read { reader throws in
            try reader.checkTree()
            #expect(try reader.checkIndexes() == nil)
        }
    }

    @Test func aWriterThatReadsWhileItsBatchHasToGrowIsTold() throws {
        let log = try EventLog.make(directory.path, mapSize: GrowthTests.tinyMap)
        let batch = try log.beginBatch()
        var draft = Samples.draft("")
        draft.payload = Randomness.bytes(1 << 20)
        #expect(throws: LogError.misuse("the map cannot grow while the thread that writes is reading")) {
            try log.read { _ in _ = try batch.append(draft, time: 1) }
        }
    }

    @Test func rebuildingGrowsToo() throws {
        let path = directory.path
        do {
            let log = try EventLog.make(path, mapSize: GrowthTests.tinyMap)
            for number in 0..<20 { try log.append(try (number * 100..<number * 100 + 100).map { try event($0) }) }
        }
        let log = try EventLog.make(path)
        try log.rebuildIndexes()
        #expect(try log.read { try $0.checkIndexes() } == nil)
    }
}
