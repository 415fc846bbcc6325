import Nostr
import Synchronization
import Testing

@testable import Relay

@Suite struct DropsTests {
    @Test func howeverMuchIsTurnedAwayOneSubmissionWaits() {
        let (metrics, announced) = (Metrics(), Announcements())
        let drops = Drops(metrics: metrics) { _ in announced.count(true) }
        for _ in 0..<1_000 { drops.count("auth_invalid") }
        drops.count("not_member", key: SecretKey.generate().publicKey)
        #expect(announced.all == 1)
        let bundle = drops.take()
        #expect(bundle.counts == ["auth_invalid": 1_000, "not_member": 1] && bundle.keys.count == 1)
        #expect(metrics.dropped.total == 1_001, "at once, whether it was taken or not")
        drops.count("auth_invalid")
        #expect(announced.all == 2 && drops.take().counts == ["auth_invalid": 1])
    }

    @Test func whatFoundNoRoomInTheQueueIsAnnouncedLater() {
        let announced = Announcements()
        let drops = Drops(metrics: Metrics()) { _ in announced.count(announced.all > 0) }
        drops.count("x")
        drops.count("x")
        #expect(announced.all == 2)
        drops.count("x")
        #expect(announced.all == 2 && drops.take().counts == ["x": 3])
    }

    @Test func everyReasonHasAMeaningThatFitsALabel() {
        for (reason, meaning) in DropReason.meanings {
            #expect(!meaning.isEmpty && !meaning.contains("\"") && !meaning.contains("\\") && !reason.contains(" "))
        }
        #expect(Set(DropReason.meanings.map(\.reason)).count == DropReason.meanings.count)
    }
}

private final class Announcements: Sendable {
    private let number = Mutex(0)

    var all: Int { number.withLock { $0 } }

    func count(_ isTaken: Bool) -> Bool {
        number.withLock { $0 += 1 }
        return isTaken
    }
}
