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
    /// Whether both ends were rung.
    var isRung: Bool { isGranted && requester.ring.isRung && target.ring.isRung }
    /// From the request to the moment at which the later end had been rung, in microseconds; `nil` when one was not.
    var latencyMicroseconds: Int64? {
        guard isRung, let first = requester.ring.firstWritten, let second = target.ring.firstWritten else { return nil }
        return max(first.time, second.time) &- request.time
    }
}

/// What became of one call-me-now, by the delivery entries that name it.
struct Ring: Equatable {
    /// Sessions to which it was written.
    var written: [UInt64] = []
    /// Sessions that wanted it and did not get it.
    var dropped: [UInt64] = []

    /// Each record of a delivery, in the order of the log.
    var records: [Record] = []

    /// One delivery entry.
    struct Record: Equatable {
        var position: Position
        var written: [UInt64]
        var dropped: [UInt64]
    }

    /// When it was first written to a session; `nil` when it was not.
    var firstWritten: Position? { records.first { !$0.written.isEmpty }?.position }

    /// Whether the log says anything about it.
    var isRecorded: Bool { !written.isEmpty || !dropped.isEmpty }
    /// Whether it was written to any session.
    var isRung: Bool { !written.isEmpty }

    /// How long after a request its deliveries are looked for: the call itself expires after half of it.
    static let horizonMicroseconds = 2 * WireConstants.callMeNowLifetimeSeconds * Position.microsecondsPerSecond

    mutating func add(_ delivery: Delivery, at position: Position) {
        records.append(Record(position: position, written: delivery.written, dropped: delivery.dropped))
        written += delivery.written
        dropped += delivery.dropped
    }
}
