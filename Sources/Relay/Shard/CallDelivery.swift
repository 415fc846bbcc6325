import Reducers

/// Gathers what became of one call-me-now on one shard: written to the socket of a session, or dropped.
final class CallDelivery {
    private var delivery: Delivery
    private var outstanding = 0
    private var handler: ((Delivery) -> Void)?

    init(output: UInt64) {
        delivery = Delivery(output: output, written: [], dropped: [])
    }

    /// One more session is about to get it.
    func begin() { outstanding += 1 }

    func end(session: UInt64, written: Bool) {
        outstanding -= 1
        if written { delivery.written.append(session) } else { delivery.dropped.append(session) }
        finishIfDone()
    }

    /// Calls the handler once, when every session is accounted for; never when no session wanted the call.
    func whenComplete(_ handler: @escaping (Delivery) -> Void) {
        self.handler = handler
        finishIfDone()
    }

    private func finishIfDone() {
        guard outstanding == 0, let handler, !(delivery.written.isEmpty && delivery.dropped.isEmpty) else { return }
        self.handler = nil
        delivery.written.sort()
        delivery.dropped.sort()
        handler(delivery)
    }
}
