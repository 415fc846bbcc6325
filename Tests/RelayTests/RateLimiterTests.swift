import Nostr
import Testing

@testable import Relay

@Suite struct RateLimiterTests {
    private let alice = Bytes32.zero
    private let bob = Randomness.bytes32()
    private static let second: Int64 = 1_000_000

    @Test func aKeyHasItsBurstAndThenItsRate() {
        let limiter = RateLimiter<PublicKey>(perSecond: 10, burst: 3)
        #expect((0..<5).map { _ in limiter.admits(alice, at: 0) } == [true, true, true, false, false])
        #expect(!limiter.admits(alice, at: 99_999))
        #expect(limiter.admits(alice, at: 100_000), "a tenth of a second fills one")
        #expect(!limiter.admits(alice, at: 100_000))
        #expect((0..<4).map { _ in limiter.admits(alice, at: 60 * Self.second) } == [true, true, true, false])
    }

    @Test func noMicrosecondGetsLostHoweverOftenItIsAsked() {
        let limiter = RateLimiter<PublicKey>(perSecond: 10, burst: 1)
        let admitted = stride(from: 0, to: 10 * Self.second, by: 7).filter { limiter.admits(alice, at: Int64($0)) }
        #expect(admitted.count == 100)
    }

    @Test func keysDoNotShare() {
        let limiter = RateLimiter<PublicKey>(perSecond: 1, burst: 1)
        #expect(limiter.admits(alice, at: 0) && limiter.admits(bob, at: 0))
        #expect(!limiter.admits(alice, at: 0) && !limiter.admits(bob, at: 0))
    }

    @Test func aClockThatStepsBackFillsNothingAndTakesNothing() {
        let limiter = RateLimiter<PublicKey>(perSecond: 1, burst: 1)
        #expect(limiter.admits(alice, at: 100 * Self.second))
        #expect(!limiter.admits(alice, at: 0))
        #expect(limiter.admits(alice, at: Self.second), "a second later by the same clock")
        #expect(limiter.admits(bob, at: .max - 1) && !limiter.admits(bob, at: .max - 1))
    }

    @Test func zeroIsNoLimit() {
        let limiter = RateLimiter<PublicKey>(perSecond: 0, burst: 1)
        #expect((0..<1_000).allSatisfy { _ in limiter.admits(alice, at: 0) })
        #expect(limiter.keyCount == 0)
    }

    @Test func memoryIsBoundedAndFailsClosed() {
        let limiter = RateLimiter<PublicKey>(perSecond: 1, burst: 2)
        for _ in 0..<RateLimiter<PublicKey>.maximumKeys { _ = limiter.admits(Randomness.bytes32(), at: Self.second) }
        #expect(!limiter.admits(alice, at: Self.second), "there is no room to count it")
        #expect(limiter.keyCount == RateLimiter<PublicKey>.maximumKeys)
        #expect(limiter.admits(alice, at: 3 * Self.second), "those that rested are forgotten")
        #expect(limiter.keyCount == 1)
    }
}
