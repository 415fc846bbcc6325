import Nostr
import Testing

@testable import Relay

@Suite struct DroppedTallyTests {
    @Test func theFirstCountIsWrittenAtOnceAndTheNextOnesOnceAMinute() {
        var tally = DroppedTally()
        #expect(tally.take(at: 0) == nil, "nothing was dropped")
        tally.count("auth_invalid")
        #expect(tally.take(at: 10)?.counts.map(\.count) == [1])
        tally.count("auth_invalid")
        tally.count("not_authenticated")
        #expect(tally.take(at: 10 + DroppedTally.interval - 1) == nil)
        let dropped = tally.take(at: 10 + DroppedTally.interval)
        #expect(dropped?.counts.map(\.reason) == ["auth_invalid", "not_authenticated"])
        #expect(tally.due == nil)
    }

    @Test func aFloodOfReasonsAndKeysStaysSmall() {
        var tally = DroppedTally()
        for index in 0..<1000 {
            tally.count("reason \(index)")
            tally.add(SHA256.hash([UInt8(index & 255), UInt8(index >> 8)]))
        }
        let dropped = tally.take(at: 1)
        #expect(dropped?.counts.count == 64 && dropped?.keys.count == 8)
    }
}
