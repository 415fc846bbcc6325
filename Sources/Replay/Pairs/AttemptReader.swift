import Log
import Nostr
import Reducers

/// Which attempts are asked for.
struct AttemptFilter {
    /// Attempts of this key or to it.
    var key: PublicKey?
    /// Attempts of one of two keys for the other.
    var pair: (PublicKey, PublicKey)?
    /// Attempts that ended like this.
    var outcome: AttemptOutcome?
    /// Attempts whose decision has this code.
    var code: String?
    /// The earliest time, in microseconds since 1970.
    var since: Int64?
    /// The latest time.
    var until: Int64?
    /// Where to begin to read, whatever the times.
    var start: UInt64?

    func wants(_ decision: Decision) -> Bool {
        guard decision.kind == .meshConnectRequest else { return false }
        if let key, decision.author != key, decision.target != key { return false }
        if let pair, !decision.isAttempt(between: pair.0, pair.1) { return false }
        if let code, decision.code != code { return false }
        switch outcome {
        case nil: return true
        case .refused?: return decision.outcome == .refused
        case .granted?, .rung?, .silent?: return decision.outcome == .granted
        }
    }

    /// Whether a complete attempt is asked for.
    func wants(_ attempt: Attempt) -> Bool {
        switch outcome {
        case .rung?: attempt.isRung
        case .silent?: attempt.isGranted && !attempt.isRung
        default: true
        }
    }
}

/// Reads the attempts out of a log, in their order, in one pass.
///
/// An attempt is handed on once no later entry can add to it: a call's deliveries come after its entries, so granted
/// ones wait until the log's time has passed their horizon.
struct AttemptReader {
    private var waiting: [Attempt] = []
    /// How many of `waiting` were handed on; they are removed in bulk.
    private var done = 0
    /// Where a call-me-now's attempt is in `waiting`, counted from the first attempt ever.
    private var calls: [UInt64: Int] = [:]
    private var removed = 0
    /// The payload of the latest event, for the decision that may follow it.
    private var request: (leaf: Leaf, payload: [UInt8])?
    private let filter: AttemptFilter

    private static var first: WritableKeyPath<Attempt, Attempt.End> { \.requester }
    private static var second: WritableKeyPath<Attempt, Attempt.End> { \.target }

    private static let kindOfRequests = Needle("24621")

    private init(_ filter: AttemptFilter) { self.filter = filter }

    /// Reads the whole range that the filter asks for.
    ///
    /// - Parameters:
    ///   - absent: takes entries that are archived and not here; without it they are an error.
    ///   - emit: called with each attempt in order.
    static func read(
        _ reader: borrowing LogReader, _ filter: AttemptFilter, progress: (UInt64, UInt64) -> Void,
        absent: ((AbsentEntries) throws -> Bool)? = nil, emit: (Attempt) throws -> Void
    ) throws {
        var attempts = AttemptReader(filter)
        let start = try filter.start ?? filter.since.map { try reader.firstPosition(atOrAfter: $0) } ?? 0
        let end = reader.size
        try reader.forEachEntry(
            from: start, to: end, checkingCommitments: true, skippingPayload: AttemptReader.isOfNoInterest,
            absent: absent
        ) { entry in
            if entry.leaf.seq.isMultiple(of: Replayer.progressInterval) {
                progress(entry.leaf.seq - start, end - start)
            }
            let isOver = filter.until.map { entry.leaf.time > $0 } ?? false
            try attempts.emit(before: entry.leaf.time, emit)
            try attempts.take(entry, begins: !isOver)
            return !(isOver && attempts.isIdle)
        }
        try attempts.emit(before: .max, emit)
    }

    /// Of a call-me-now its place is enough.
    private static func isOfNoInterest(_ leaf: Leaf) -> Bool {
        switch leaf.type {
        case .clientEvent, .decision, .session: false
        default: true
        }
    }

    /// The attempt whose request stands at a position; `nil` when none does.
    static func attempt(at seq: UInt64, in reader: borrowing LogReader) throws -> Attempt? {
        guard let leaf = try reader.leaf(at: seq) else { return nil }
        var found: Attempt?
        let filter = AttemptFilter(until: leaf.time, start: seq)
        try read(reader, filter, progress: { _, _ in }) { attempt in
            if attempt.request.seq == seq { found = attempt }
        }
        return found
    }

    private var isIdle: Bool { waiting.isEmpty }

    private mutating func take(_ entry: borrowing EntryView, begins: Bool) throws {
        switch entry.leaf.type {
        case .clientEvent where begins:
            // Most events are no requests; only those are kept for the decision that follows.
            request = entry.payload.flatMap {
                AttemptReader.kindOfRequests.occurs(in: $0) ? (entry.leaf, Array($0)) : nil
            }
        case .decision where begins:
            guard case .output(.decision(let decision)) = try RecordedEntry(entry).content, filter.wants(decision)
            else {
                return
            }
            try begin(decision, at: entry.leaf)
        case .relayEvent:
            // The halves follow their decision: first the requester's, then the target's (WIRE.md, "24621").
            guard let attempt = waiting.last, attempt.isGranted, entry.leaf.seq <= attempt.decisionSeq + 2 else {
                return
            }
            let end = entry.leaf.seq == attempt.decisionSeq + 1 ? AttemptReader.first : AttemptReader.second
            waiting[waiting.count - 1][keyPath: end].call = entry.leaf.seq
            calls[entry.leaf.seq] = removed + waiting.count - 1
        case .session:
            guard !calls.isEmpty, case .input(.delivered(let delivery), _) = try RecordedEntry(entry).content,
                let index = calls[delivery.output].map({ $0 - removed })
            else { return }
            let isFirst = waiting[index].requester.call == delivery.output
            waiting[index][keyPath: isFirst ? AttemptReader.first : AttemptReader.second].ring.add(
                delivery, at: Position(seq: entry.leaf.seq, time: entry.leaf.time))
        default:
            break
        }
    }

    private mutating func begin(_ decision: Decision, at leaf: Leaf) throws {
        var attempt = Attempt(
            request: Position(seq: decision.request, time: leaf.time), decisionSeq: leaf.seq, decision: decision)
        attempt.requester.listeningSince = decision.basis.requesterListening
        attempt.target.listeningSince = decision.basis.targetListening
        if let request, request.leaf.seq == decision.request,
            case .event(let event, _, _)? = try? request.payload.withUnsafeBytes({
                try Input(type: .clientEvent, payload: $0)
            })
        {
            attempt.event = event.id
            attempt.attemptID = AttemptReader.attemptID(of: event)
        }
        waiting.append(attempt)
    }

    /// The `attempt_id` of a request, well-formed or not; `nil` when there is none.
    static func attemptID(of event: Event) -> Text? {
        guard case .string(let text)? = try? JSONValue.parse(event.content.utf8)["attempt_id"] else { return nil }
        return text
    }

    /// Hands on every attempt that is complete at that time.
    private mutating func emit(before time: Int64, _ emit: (Attempt) throws -> Void) throws {
        while done < waiting.count {
            let attempt = waiting[done]
            guard time == .max || !attempt.isGranted || time &- attempt.request.time > Ring.horizonMicroseconds else {
                break
            }
            done += 1
            for call in [attempt.requester.call, attempt.target.call] { if let call { calls[call] = nil } }
            if filter.wants(attempt) { try emit(attempt) }
        }
        // The latest attempt stays until another comes or its call-me-nows, which follow at once, are seen.
        guard done == waiting.count || done >= 4096 else { return }
        waiting.removeFirst(done)
        removed += done
        done = 0
    }
}
