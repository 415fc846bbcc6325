import Nostr
import Reducers

/// One attempt to connect two members: who asked for whom, how it was decided, and whether both ends were rung.
struct Attempt {
    /// One end of the call.
    struct End {
        /// Since which entry it listened for calls when it was decided; `nil` when it did not.
        var listeningSince: UInt64?
        /// The position of its call-me-now.
        var call: UInt64?
        /// What became of it.
        var ring = Ring()
    }

    /// The position of the request.
    var request: Position
    /// The position of the decision.
    var decisionSeq: UInt64
    var decision: Decision
    /// The request's id and its `attempt_id`, where the content has one.
    var event: EventID?
    var attemptID: Text?
    var requester = End()
    var target = End()

    var isGranted: Bool { decision.outcome == .granted }
}

/// What became of one call-me-now, by the delivery entries that name it.
struct Ring: Equatable {
    /// Sessions to which it was written.
    var written: [UInt64] = []
    /// Sessions that wanted it and did not get it.
    var dropped: [UInt64] = []

    /// Whether the log says anything about it.
    var isRecorded: Bool { !written.isEmpty || !dropped.isEmpty }
    /// Whether it was written to any session.
    var isRung: Bool { !written.isEmpty }

    /// How long after a request its deliveries are looked for: the call itself expires after half of it.
    static let horizonMicroseconds = 2 * WireConstants.callMeNowLifetimeSeconds * Position.microsecondsPerSecond

    mutating func add(_ delivery: Delivery) {
        written += delivery.written
        dropped += delivery.dropped
    }
}
