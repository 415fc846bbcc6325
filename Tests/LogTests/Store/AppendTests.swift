import Nostr
import Testing

@testable import Log

struct AppendTests {
    private let directory: TemporaryDirectory
    private let log: EventLog

    init() throws {
        directory = try TemporaryDirectory()
        log = try EventLog.make(directory.path)
    }

    @Test func aNewLogIsEmpty() throws {
        try log.read { reader throws in
            #expect(reader.size == 0)
            #expect(reader.lastTime == 0)
            #expect(reader.root == MerkleTree.emptyRoot)
            #expect(try reader.entry(at: 0) == nil)
            #expect(try reader.leaf(at: 0) == nil)
            #expect(try reader.recomputedRoot() == MerkleTree.emptyRoot)
            #expect(try reader.firstPosition(atOrAfter: 0) == 0)
            try reader.checkTree()
            #expect(try reader.checkIndexes() == nil)
        }
    }

    @Test func entriesComeBackExactly() throws {
        let payloads = ["", "x", "{\"mark\":\"tick\"}", String(repeating: "long ", count: 5_000)]
        try log.append(payloads.enumerated().map { Samples.draft($1, salt: UInt64($0)) })
        try log.read { reader throws in
            for (seq, payload) in payloads.enumerated() {
                let entry = try #require(try reader.entry(at: UInt64(seq)))
                #expect(entry.payload == Array(payload.utf8))
                #expect(entry.salt == Samples.salt(UInt64(seq)))
                #expect(entry.leaf.seq == UInt64(seq))
                #expect(entry.leaf.time == Samples.time + Int64(seq))
                #expect(entry.leaf == (try reader.leaf(at: UInt64(seq))))
                #expect(entry.document == nil)
            }
        }
    }

    @Test func everyFieldOfALeafComesBack() throws {
        let draft = Draft(
            type: .mark, flags: LeafFlags.erasable | LeafFlags.encrypted, schema: .max, rules: .max,
            membersRoot: Samples.salt(7), stateRoot: Samples.salt(8), salt: Samples.salt(9), payload: [0, 0xff])
        let batch = try log.beginBatch()
        let placed = try batch.append(draft, time: .max)
        try batch.commit()
        let entry = try #require(try log.read { try $0.entry(at: 0) })
        #expect(entry.leaf == draft.leaf(seq: 0, time: .max))
        #expect(entry.leafHash == placed.leafHash)
    }

    @Test func rootsThatComeAndGoComeBack() throws {
        var generator = SeededGenerator(seed: 3)
        let drafts = (0..<500).map { number in
            Samples.draft(
                "\(number)", members: Samples.salt(UInt64.random(in: 0..<3, using: &generator)),
                state: Samples.salt(UInt64.random(in: 0..<2, using: &generator)))
        }
        for start in stride(from: 0, to: 500, by: 7) { try log.append(Array(drafts[start..<min(start + 7, 500)])) }
        try log.read { reader throws in
            for (seq, draft) in drafts.enumerated() {
                let leaf = try #require(try reader.leaf(at: UInt64(seq)))
                #expect(leaf.membersRoot == draft.membersRoot)
                #expect(leaf.stateRoot == draft.stateRoot)
            }
        }
    }

    @Test func positionsHaveNoGapsAndTimeNeverGoesBack() throws {
        let batch = try log.beginBatch()
        #expect(batch.next(now: 500) == (0, 500))
        try batch.append(Samples.draft("a"), time: 500)
        #expect(batch.next(now: 400) == (1, 500))
        #expect(throws: LogError.self) { try batch.append(Samples.draft("b"), time: 499) }
        try batch.append(Samples.draft("b"), time: 500)
        try batch.commit()
        let next = try log.beginBatch()
        #expect(next.next(now: 10) == (2, 500))
        #expect(next.next(now: 700) == (2, 700))
    }

    @Test func nothingIsVisibleBeforeTheCommit() throws {
        let batch = try log.beginBatch()
        try batch.append(Samples.draft("a"), time: 1)
        #expect(batch.size == 1)
        #expect(try log.read { $0.size } == 0)
        try batch.commit()
        #expect(try log.read { $0.size } == 1)
    }

    @Test func aBatchThatIsAbortedOrForgottenLeavesNothing() throws {
        let first = try log.beginBatch()
        try first.append(Samples.draft(try Samples.event()), time: 1)
        first.abort()
        do {
            let second = try log.beginBatch()
            try second.append(Samples.draft(try Samples.event()), time: 1)
        }
        #expect(try log.read { $0.size } == 0)
        let placed = try log.append([try Samples.event()])
        #expect(placed.map(\.outcome) == [.served])
        try log.read { reader throws in
            try reader.checkTree()
            #expect(try reader.checkIndexes() == nil)
        }
    }

    @Test func aBatchThatHasEndedTakesNothing() throws {
        let batch = try log.beginBatch()
        try batch.append(Samples.draft("a"), time: 1)
        try batch.commit()
        #expect(throws: LogError.self) { try batch.append(Samples.draft("b"), time: 1) }
        #expect(throws: LogError.self) { try batch.commit() }
        #expect(throws: LogError.self) { try batch.contains(Samples.salt(1)) }
        #expect(try log.read { $0.size } == 1)
    }

    @Test func thereIsOneBatchAtATime() throws {
        let batch = try log.beginBatch()
        #expect(throws: LogError.misuse("a batch is open already")) { try log.beginBatch() }
        batch.abort()
        try log.beginBatch().abort()
    }

    @Test func anEmptyBatchChangesNothing() throws {
        try log.append([Samples.draft("a")])
        let batch = try log.beginBatch()
        try batch.commit()
        #expect(try log.read { $0.size } == 1)
        try log.append([Samples.draft("b")])
    }

    @Test func whatCannotBeAnEntryIsRefusedAndTheBatchGoesOn() throws {
        let event = try Samples.event()
        var wrongDocument = Samples.draft(event)
        wrongDocument.shape.document = 0..<10
        var noDocument = Samples.draft(event)
        noDocument.shape.document = nil
        var outside = Samples.draft("short")
        outside.shape.document = 0..<100
        var flags = Samples.draft("flags")
        flags.flags = 4
        let batch = try log.beginBatch()
        for draft in [wrongDocument, noDocument, outside, flags] {
            #expect(throws: LogError.self) { try batch.append(draft, time: 1) }
        }
        try batch.append(Samples.draft("fine"), time: 1)
        try batch.commit()
        #expect(try log.read { $0.size } == 1)
    }

    @Test func aWrongHintCostsRoomOnly() throws {
        var draft = Samples.draft(String(repeating: "content ", count: 100))
        for range in [0..<10_000, 5..<5, 700..<900, 0..<800, 0..<300] {
            draft.shape.shared = range
            let placed = try log.append([draft])
            #expect(try log.read { try $0.entry(at: placed[0].seq)?.payload } == draft.payload)
        }
    }

    @Test func theRootIsThatOfTheLeavesByBothRoutes() throws {
        var hashes: [Bytes32] = []
        for size in [1, 2, 3, 250, 7, 300, 513, 1] {
            hashes += try log.append((0..<size).map { Samples.draft("\($0)") }).map(\.leafHash)
            try log.read { reader throws in
                #expect(reader.root == MerkleTree.root(of: hashes))
                #expect(try reader.recomputedRoot() == reader.root)
                #expect(try reader.checkTree() == reader.root)
            }
        }
    }

    @Test func inclusionProofsOfAllKindsOfPlacesHold() throws {
        let hashes = try log.append((0..<1_100).map { Samples.draft("\($0)") }).map(\.leafHash)
        try log.read { reader throws in
            for size in [1, 2, 255, 256, 257, 511, 512, 600, 1_024, 1_100] {
                let leaves = Array(hashes.prefix(size))
                #expect(try reader.root(atSize: UInt64(size)) == MerkleTree.root(of: leaves))
                for seq in [0, 1, 254, 255, 256, 511, 512, 599, 1_023, 1_099] where seq < size {
                    let proof = try reader.inclusionProof(of: UInt64(seq), inTreeOf: UInt64(size))
                    #expect(proof == MerkleTree.inclusionProof(of: seq, in: leaves))
                }
            }
            #expect(throws: LogError.self) { try reader.inclusionProof(of: 5, inTreeOf: 5) }
            #expect(throws: LogError.self) { try reader.inclusionProof(of: 5, inTreeOf: 1_101) }
            #expect(throws: LogError.self) { try reader.root(atSize: 1_101) }
        }
    }

    @Test func positionsAreFoundByTime() throws {
        let batch = try log.beginBatch()
        for time in [10, 10, 20, 30, 30, 30, 50] { try batch.append(Samples.draft("\(time)"), time: Int64(time)) }
        try batch.commit()
        try log.read { reader throws in
            for (time, seq) in [(0, 0), (10, 0), (11, 2), (20, 2), (30, 3), (31, 6), (50, 6), (51, 7)] {
                #expect(try reader.firstPosition(atOrAfter: Int64(time)) == UInt64(seq))
            }
        }
    }

    private func walk(_ from: UInt64, _ to: UInt64?, stopAfter: Int = .max) throws -> [UInt64] {
        try log.read { reader in
            var seen: [UInt64] = []
            try reader.forEachEntry(from: from, to: to) { entry in
                seen.append(entry.leaf.seq)
                return seen.count < stopAfter
            }
            return seen
        }
    }

    @Test func walkingStopsWhereItIsTold() throws {
        try log.append((0..<10).map { Samples.draft("\($0)") })
        #expect(try walk(0, nil) == Array(0..<10))
        #expect(try walk(3, 6) == [3, 4, 5])
        #expect(try walk(8, 100) == [8, 9])
        #expect(try walk(10, nil) == [])
        #expect(try walk(5, 5) == [])
        #expect(try walk(0, nil, stopAfter: 2) == [0, 1])
    }

    @Test func entriesCanBeReadWhileWalking() throws {
        try log.append((0..<10).map { Samples.draft("payload \($0)") })
        try log.read { reader throws in
            try reader.forEachEntry { entry in
                let before = entry.payload.map { Array($0) }
                _ = try reader.entry(at: 9 - entry.leaf.seq)
                try reader.forEachEntry { _ in true }
                #expect(entry.payload.map { Array($0) } == before)
                return true
            }
        }
    }
}
