import Foundation
import Synchronization
import Testing

@testable import Nostr

@Suite struct RandomPoolTests {
    @Test func noBytesAreGivenOutTwice() {
        let pool = RandomPool()
        let count = 3 * RandomPool.blockBytes / Bytes32.count + 1
        let seen = Mutex<[Bytes32]>([])
        // Several threads, over the ends of blocks.
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            let drawn = (0..<count).map { _ in pool.bytes32() }
            seen.withLock { $0 += drawn }
        }
        let all = seen.withLock { $0 }
        #expect(all.count == 4 * count)
        #expect(Set(all).count == all.count)
        #expect(!all.contains(.zero))
        // No byte of what was given out is the same throughout, as it would be where nothing was drawn for it.
        for place in 0..<Bytes32.count { #expect(Set(all.map { $0.bytes[place] }).count > 100) }
    }
}
