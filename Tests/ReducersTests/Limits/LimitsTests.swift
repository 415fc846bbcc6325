import Nostr
import Testing

@testable import Reducers

@Suite struct LimitsTests {
    private let key = SHA256.hash([1])
    private let other = SHA256.hash([2])

    @Test func aWindowOpensWithTheFirstAttemptAndEndsASecondLater() {
        var windows = RateWindows()
        #expect(windows.count(key, at: 100) == 1)
        #expect(windows.count(key, at: 1_000_099) == 2)
        #expect(windows.count(key, at: 1_000_100) == 1, "a new window")
        #expect(windows.count(other, at: 1_000_100) == 1)
    }

    @Test func endedWindowsAreForgotten() {
        var windows = RateWindows()
        for index in 0..<200 { _ = windows.count(SHA256.hash([UInt8(index)]), at: Int64(index) * 10_000) }
        #expect(windows.windows.count == windows.order.count && windows.windows.count == 100)
        windows.forget(before: 10_000_000)
        #expect(windows.windows.isEmpty && windows.order.isEmpty)
    }

    @Test func aFullLimiterRefusesNewKeysAndServesThoseItKnows() {
        var windows = RateWindows()
        for index in 0..<RateWindows.maximumKeys {
            _ = windows.count(SHA256.hash([UInt8(index & 255), UInt8(index >> 8)]), at: 0)
        }
        #expect(windows.count(SHA256.hash([9, 9, 9]), at: 1) == nil)
        #expect(windows.count(SHA256.hash([0, 0]), at: 1) == 2)
        #expect(windows.count(SHA256.hash([9, 9, 9]), at: 1_000_000) == 1)
    }

    @Test func anIDIsRememberedForAsLongAsItCouldBeFresh() {
        var seen = SeenIDs()
        #expect(seen.see(key, at: 0, freshnessSeconds: 120) == .new)
        // It may have been signed for 120 s ahead, and then stays fresh for another 120 s.
        #expect(seen.see(key, at: 240_000_000, freshnessSeconds: 120) == .seen)
        #expect(seen.see(key, at: 242_000_000, freshnessSeconds: 120) == .new)
        seen.forget(before: 1_000_000_000)
        #expect(seen.ids.isEmpty && seen.order.isEmpty)
    }
}
