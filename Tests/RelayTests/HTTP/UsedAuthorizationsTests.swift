import Nostr
import Testing

@testable import Relay

@Suite struct UsedAuthorizationsTests {
    private let id = Randomness.bytes32()

    @Test func anAuthorizationIsGoodOnceWhileItIsLookedAtAndAfterwards() {
        let used = UsedAuthorizations()
        #expect(used.begin(id, now: 0) == .fresh)
        #expect(used.begin(id, now: 0) == .used)
        used.end(id, isKept: true, now: 0)
        #expect(used.begin(id, now: 1) == .used)
        #expect(used.begin(Randomness.bytes32(), now: 1) == .fresh)
    }

    @Test func itIsRememberedForAsLongAsItCouldBeGood() {
        let used = UsedAuthorizations()
        #expect(used.begin(id, now: 1_000) == .fresh)
        used.end(id, isKept: true, now: 1_000)
        // Dated ahead by all that is allowed, it is good until twice the freshness has passed.
        let last = 1_000 + 2 * HTTPAuthorization.freshnessSeconds
        #expect(used.begin(id, now: last) == .used)
        #expect(used.begin(id, now: 1_000 + UsedAuthorizations.memorySeconds) == .fresh)
    }

    @Test func aStrangersIsForgottenAtOnce() {
        let used = UsedAuthorizations(maximum: 2)
        for _ in 0..<100 {
            let id = Randomness.bytes32()
            #expect(used.begin(id, now: 0) == .fresh)
            used.end(id, isKept: false, now: 0)
        }
        #expect(used.begin(id, now: 0) == .fresh)
    }

    @Test func aFullMemoryRefusesAndForgetsNothing() {
        let used = UsedAuthorizations(maximum: 2)
        let ids = [Randomness.bytes32(), Randomness.bytes32()]
        for id in ids {
            #expect(used.begin(id, now: 0) == .fresh)
            used.end(id, isKept: true, now: 0)
        }
        #expect(used.begin(id, now: 0) == .full)
        for id in ids { #expect(used.begin(id, now: 0) == .used) }
        #expect(used.begin(id, now: UsedAuthorizations.memorySeconds) == .fresh)
    }

    @Test func thoseThatAreLookedAtCountToo() {
        let used = UsedAuthorizations(maximum: 1)
        #expect(used.begin(id, now: 0) == .fresh)
        #expect(used.begin(Randomness.bytes32(), now: 0) == .full)
    }

    @Test func whatWasNeverBegunDoesNotEnd() {
        let used = UsedAuthorizations()
        used.end(id, isKept: true, now: 0)
        #expect(used.begin(id, now: 0) == .fresh)
    }
}
