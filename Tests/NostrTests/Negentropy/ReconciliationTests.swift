import Testing

@testable import Nostr

@Suite("Negentropy: reconciling two sets")
struct ReconciliationTests {
    func check(
        _ mine: Set<EventIdentity>, _ theirs: Set<EventIdentity>, frames: (Int, Int) = (4_096, 4_096)
    ) throws {
        let result = try Reconciliation(mine, theirs, frames: frames)
        let isRight =
            result.have.sorted() == mine.subtracting(theirs).map(\.id).sorted()
            && result.need.sorted() == theirs.subtracting(mine).map(\.id).sorted()
        #expect(isRight, "each id is told once: \(result.have.count) and \(result.need.count) were told")
        #expect(result.longestAnswer <= frames.1)
    }

    @Test(
        "Exactly what the other side lacks is found, whatever the sizes",
        arguments: [
            (0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 31), (1, 1, 31), (0, 0, 32), (1, 0, 32), (0, 1, 32),
            (500, 0, 0), (0, 500, 0), (0, 5_000, 3), (5_000, 0, 3), (1, 1, 5_000), (0, 0, 5_000), (700, 900, 3_000),
        ])
    func sizes(mine: Int, theirs: Int, common: Int) throws {
        var random = RandomItems(seed: UInt64(mine * 31 + theirs * 7 + common))
        let shared = random.items(common)
        let (left, right) = (shared.union(random.items(mine)), shared.union(random.items(theirs)))
        try check(left, right)
        try check(left, right, frames: (Negentropy.defaultFrameBytes, 4_096))
        try check(left, right, frames: (4_096, Negentropy.defaultFrameBytes))
        try check(left, right, frames: (500_000, 500_000))
    }

    @Test("Many small sets", arguments: 0..<60)
    func small(seed: UInt64) throws {
        var random = RandomItems(seed: seed)
        func count(_ most: UInt64) -> Int { Int(random.generator.next() % most) }
        let shared = random.items(count(90))
        try check(shared.union(random.items(count(50))), shared.union(random.items(count(50))))
    }

    @Test("Two equal sets are found equal in one round")
    func equal() throws {
        var random = RandomItems(seed: 5)
        let items = random.items(10_000)
        #expect(try Reconciliation(items, items).rounds == 1)
    }

    @Test("One event among ten thousand is found with little traffic")
    func needle() throws {
        var random = RandomItems(seed: 6)
        let items = random.items(10_000)
        let result = try Reconciliation(items, items.union([random.item()]))
        #expect(result.need.count == 1 && result.rounds <= 5 && result.longestAnswer < 2_000)
    }

    @Test("Ids that differ in their last byte only, in one second")
    func neighbours() throws {
        func item(_ last: UInt8) throws -> EventIdentity {
            let id = try #require(Bytes32([UInt8](repeating: 0xff, count: 31) + [last]))
            return EventIdentity(createdAt: 7, id: id)
        }
        let all = try Set((0...255).map { try item(UInt8($0)) })
        let some = try Set([3, 64, 65, 254, 255].map { try item($0) })
        try check(all.subtracting(some), all)
        try check(all, all.subtracting(some))
    }

    @Test("Order and repetition of what a set is made of do not matter")
    func order() throws {
        var random = RandomItems(seed: 8)
        let items = random.items(1_000).sorted()
        let newestFirst = items.sorted { $0.createdAt != $1.createdAt ? $0.createdAt > $1.createdAt : $0.id < $1.id }
        #expect(NegentropySet(newestFirst: newestFirst).items == items)
        #expect(NegentropySet(newestFirst: items + items).items == items, "not in that order, and twice")
        #expect(NegentropySet(items.shuffled() + items).items == items)
        #expect(NegentropySet(newestFirst: []).count == 0)
    }

    @Test("The fingerprint of any range is the specification's, computed the slow way")
    func fingerprints() throws {
        var random = RandomItems(seed: 9)
        let set = NegentropySet(random.items(100))
        for _ in 0..<300 {
            let (first, second) = (Int(random.generator.next() % 101), Int(random.generator.next() % 101))
            let range = min(first, second)..<max(first, second)
            var sum = [UInt8](repeating: 0, count: 32)
            for item in set.items[range] {
                var carry = 0
                for (index, byte) in item.id.bytes.enumerated() {
                    carry += Int(sum[index]) + Int(byte)
                    sum[index] = UInt8(carry & 255)
                    carry >>= 8
                }
            }
            let digest = SHA256.hash(sum + [UInt8(range.count)]).bytes.prefix(16)
            #expect(set.fingerprint(range) == digest.withUnsafeBytes { NegentropyFingerprint($0) })
        }
    }
}
