import Log
import Nostr

/// The stored events of one REQ on their way out, a slice at a time.
final class RunningScan {
    /// Events sent before others get their turn.
    static let eventsPerSlice = 100
    /// Index keys looked at before others get their turn.
    static let keysPerSlice = 2_000

    let subscription: LiveSubscription
    private var scan: EventScan

    init(subscription: LiveSubscription, filters: [Filter], upTo size: UInt64, maximumLimit: Int) {
        self.subscription = subscription
        scan = EventScan(filters: filters, upTo: size, maximumLimit: maximumLimit)
    }

    /// Sends the next slice; `true` when that was the last one.
    func resume(_ log: EventLog, emit: (UnsafeRawBufferPointer) -> Void) throws -> Bool {
        try log.read { reader in
            try scan.resume(
                reader, now: Clock.seconds(), maximumEvents: RunningScan.eventsPerSlice,
                maximumKeys: RunningScan.keysPerSlice, emit: emit)
                == .done
        }
    }
}
