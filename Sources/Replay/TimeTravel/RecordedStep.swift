import Log
import Nostr
import Reducers

/// One input of the log, and the entries that were recorded as following from it.
struct RecordedStep {
    var input: RecordedEntry
    var outputs: [RecordedEntry] = []

    /// The recorded decision, where there is one.
    var decision: Decision? { outputs.first?.decision }
    /// The first position behind it.
    var end: UInt64 { input.leaf.seq + 1 + UInt64(outputs.count) }

    /// Whether a key has a part in it.
    func names(_ key: PublicKey, sessions: SessionKeys) -> Bool {
        let filter = EntryFilter(kind: nil, key: key)
        return filter.matches(input, sessions: sessions) || outputs.contains { filter.matches($0, sessions: sessions) }
    }
}

extension LogReader {
    /// Goes through the inputs from `start` on, each with all that follows from it, up to those before `end`.
    ///
    /// - Parameter body: returns whether to go on.
    func forEachStep(
        from start: UInt64, to end: UInt64? = nil, progress: (UInt64, UInt64) -> Void = { _, _ in },
        _ body: (RecordedStep) throws -> Bool
    ) throws {
        let end = min(end ?? size, size)
        var pending: RecordedStep?
        var goesOn = true
        try forEachEntry(from: start, checkingCommitments: false) { entry in
            if entry.leaf.type.isOutput {
                // What follows from an input before the start is no part of it.
                if pending != nil { pending?.outputs.append(try RecordedEntry(entry)) }
                return true
            }
            if let step = pending { goesOn = try body(step) }
            pending = nil
            guard goesOn, entry.leaf.seq < end else { return false }
            if entry.leaf.seq.isMultiple(of: Replayer.progressInterval) {
                progress(entry.leaf.seq - start, end - start)
            }
            pending = RecordedStep(input: try RecordedEntry(entry))
            return true
        }
        if goesOn, let step = pending { _ = try body(step) }
    }

    /// The step that the entry at `position` belongs to.
    func step(at position: UInt64) throws -> RecordedStep? {
        var first = position
        while first > 0, let leaf = try leaf(at: first), leaf.type.isOutput { first -= 1 }
        var found: RecordedStep?
        try forEachStep(from: first, to: first + 1) { step in
            found = step
            return false
        }
        return found
    }
}

/// What an input came to, in the words of the log: enough to compare.
struct StepResult: Equatable {
    /// `granted`, `applied`, `unchanged`, `refused`; `accepted` for what has no decision of its own.
    var outcome: String
    /// A stable name of the reason; `nil` where the log has only the message.
    var code: String?
    /// What its sender was told.
    var message: String

    /// As it was recorded.
    init(_ step: RecordedStep) {
        if let decision = step.decision {
            (outcome, code, message) = (decision.outcome.rawValue, decision.code, decision.message)
        } else if case .input(_, let answer?) = step.input.content {
            (outcome, code, message) = ("refused", nil, answer.string)
        } else {
            (outcome, code, message) = ("accepted", nil, "")
        }
    }

    /// As the rules give it.
    init(_ transition: Transition) {
        if let decision = transition.decision {
            (outcome, code, message) = (decision.outcome.rawValue, decision.code, decision.message)
        } else if let refusal = transition.refusal {
            (outcome, code, message) = ("refused", refusal.code, refusal.message)
        } else {
            (outcome, code, message) = ("accepted", nil, "")
        }
    }

    static func == (left: StepResult, right: StepResult) -> Bool {
        left.outcome == right.outcome && left.message == right.message
    }
}
