import Nostr
import Testing

@testable import Log

struct SnapshotTests {
    private let directory: TemporaryDirectory
    private let log: EventLog

    init() throws {
        directory = try TemporaryDirectory()
        log = try EventLog.make(directory.path)
        try log.append((0..<10).map { Samples.draft("\($0)") })
    }

    private func store(_ seqs: [UInt64]) throws {
        let batch = try log.beginBatch()
        for seq in seqs { try batch.storeSnapshot(seq: seq, bytes: Array("state \(seq)".utf8)) }
        try batch.commit()
    }

    private func latest(_ bound: UInt64) throws -> UInt64? {
        try log.read { try $0.latestSnapshot(atOrBefore: bound)?.seq }
    }

    @Test func theLatestOneAtOrBeforeIsFound() throws {
        #expect(try latest(9) == nil)
        try store([2, 5, 7])
        for (bound, seq) in [(0, nil), (1, nil), (2, 2), (4, 2), (5, 5), (6, 5), (7, 7), (9, 7)] as [(UInt64, UInt64?)]
        {
            #expect(try latest(bound) == seq)
        }
        #expect(try latest(.max) == 7)
        #expect(try log.read { try $0.latestSnapshot(atOrBefore: 6)?.bytes } == Array("state 5".utf8))
    }

    @Test func aLargeOneComesBack() throws {
        let bytes = Randomness.bytes(3 << 20)
        let batch = try log.beginBatch()
        try batch.storeSnapshot(seq: 9, bytes: bytes)
        try batch.commit()
        #expect(try log.read { try $0.latestSnapshot(atOrBefore: 9)?.bytes } == bytes)
    }

    private func thin(keeping count: Int, bytes: Int = .max) throws {
        let batch = try log.beginBatch()
        try batch.thinSnapshots(keeping: count, bytes: bytes)
        try batch.commit()
    }

    @Test func whatIsKeptIsSpreadOverTheLog() throws {
        try store([1, 4, 5, 7])
        try thin(keeping: 2)
        #expect(try latest(3) == nil)
        #expect(try latest(4) == 4)
        #expect(try latest(6) == 4)
        #expect(try latest(9) == 7)
    }

    @Test func theLatestStaysWhateverTheBounds() throws {
        try store([1, 2, 5, 7])
        try thin(keeping: 1, bytes: 0)
        #expect(try latest(6) == nil)
        #expect(try latest(9) == 7)
        try thin(keeping: 0)
        #expect(try latest(9) == nil)
    }

    @Test func bytesAreBoundedToo() throws {
        let batch = try log.beginBatch()
        for seq in [1, 3, 5, 7, 9] as [UInt64] { try batch.storeSnapshot(seq: seq, bytes: Randomness.bytes(1_000)) }
        try batch.commit()
        // Each has a checksum beside it.
        try thin(keeping: 64, bytes: 3_100)
        #expect(try latest(4) == 3)
        #expect(try latest(8) == 5 || latest(8) == 7)
        #expect(try latest(9) == 9)
        #expect(try [1, 3, 5, 7, 9].filter { try latest($0) == $0 }.count == 3)
    }

    /// A relay's way: a snapshot every so often, thinned each time, for as long as you like.
    @Test(arguments: [2, 3, 8, 64]) func noPointIsFarFromASnapshot(count: Int) {
        var kept: [Snapshots.Stored] = []
        for number in 1...2_000 as ClosedRange<UInt64> {
            kept.append(Snapshots.Stored(seq: number * 20_000, bytes: 1_000))
            let gone = Set(Snapshots.superfluous(among: kept, keeping: count, bytes: .max))
            kept.removeAll { gone.contains($0.seq) }
            #expect(kept.count <= count)
            #expect(kept.last?.seq == number * 20_000)
            let ways = zip([0] + kept.map(\.seq), kept.map(\.seq)).map { $1 - $0 }
            // An even spread has ways of size / count: never more than twice as long, and a snapshot's own interval.
            let even = number * 20_000 / UInt64(count)
            #expect((ways.max() ?? 0) <= 3 * even + 20_000)
        }
    }

    @Test func oneOfTheFutureIsRefused() throws {
        let batch = try log.beginBatch()
        #expect(throws: LogError.self) { try batch.storeSnapshot(seq: 10, bytes: []) }
        try batch.append(Samples.draft("10"), time: Samples.time + 100)
        try batch.storeSnapshot(seq: 10, bytes: [])
        try batch.commit()
        #expect(try latest(10) == 10)
    }

    @Test func aDamagedOneIsPassedOver() throws {
        let path = try TemporaryDirectory()
        do {
            let log = try EventLog.make(path.path)
            try log.append((0..<10).map { Samples.draft("\($0)") })
            let batch = try log.beginBatch()
            for seq in [3, 6] as [UInt64] { try batch.storeSnapshot(seq: seq, bytes: Array("state \(seq)".utf8)) }
            try batch.commit()
        }
        let raw = RawTables(directory: path.path)
        var item = try #require(try raw.items(.snapshot).last)
        item.value[item.value.count - 1] ^= 1
        try raw.put(.snapshot, item.key, item.value)
        let log = try EventLog.open(directory: path.path, mode: .readOnly)
        #expect(try log.read { try $0.latestSnapshot(atOrBefore: 9)?.seq } == 3)
    }
}
