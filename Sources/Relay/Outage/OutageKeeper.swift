import Log
import Logging
import Reducers

/// Knows whether the log can be written, says so once, and finds out when it can be written again.
///
/// A commit that failed is never tried again in place (AUDIT.md, "LMDB: what it promises"): what it would have logged is
/// refused, and before the next write the log is closed, opened, checked and read anew, as a new process would.
struct OutageKeeper {
    /// What waits to be logged after an outage; sessions end and change what they listen for meanwhile.
    private static let maximumKept = 100_000

    private let log: EventLog
    private let watch: DiskWatch
    private let metrics: Metrics
    private let logger: Logger

    private var outage: Outage?
    /// Set once nothing will be written any more.
    private var hasEnded = false
    /// Whether the core's state is what the log holds.
    private var knowsState = true
    /// Position of the last entry that was committed.
    private var lastSeq: UInt64?
    private var kept: [Submission] = []

    init(log: EventLog, watch: DiskWatch, lastSeq: UInt64?, metrics: Metrics, logger: Logger) {
        self.log = log
        self.watch = watch
        self.lastSeq = lastSeq
        self.metrics = metrics
        self.logger = logger
    }

    /// Whether the log can be written, as far as is known.
    var mayWrite: Bool { !hasEnded && (outage == nil || outage?.isOnTrial == true) }

    /// When to look whether an outage is over, in microseconds since 1970.
    var deadline: Int64? {
        guard !hasEnded, let outage, !outage.isOnTrial else { return nil }
        return outage.deadline(now: Clock.microseconds())
    }

    /// Looks, before anything is written, whether it may be.
    ///
    /// - Throws: what begins or ends an outage: see `begin`.
    mutating func letsWrite(_ core: inout Sequencer) throws -> Bool {
        guard !hasEnded else { return false }
        guard let outage, !outage.isOnTrial else {
            try watch.check()
            return true
        }
        guard .now >= outage.nextLook else { return false }
        try watch.check()
        if outage.needsReopening { try reopen(&core) }
        self.outage?.isOnTrial = true
        metrics.isWritable.store(true, ordering: .relaxed)
        return true
    }

    /// What a failed write leaves behind is nobody's knowledge, so everything is read again.
    private mutating func reopen(_ core: inout Sequencer) throws {
        try log.recover()
        core.state = try log.read { try Replayer.state(of: $0) { _, _ in } }
        guard core.state.position?.seq == lastSeq else {
            throw OutageEnd(
                description: """
                    entries whose commit had failed are in the log after all; nobody was told of them, so the relay has \
                    to be started again
                    """)
        }
        knowsState = true
    }

    /// Begins an outage, or goes on with one.
    ///
    /// - Returns: the error with which the process has to end, when waiting does not help.
    mutating func begin(_ error: any Error, _ core: inout Sequencer) -> (any Error)? {
        metrics.isWritable.store(false, ordering: .relaxed)
        guard let next = Outage(error) else {
            hasEnded = true
            knowsState = false
            metrics.writeFailures.add("reason=\"unrecoverable\"")
            return error
        }
        metrics.writeFailures.add("reason=\"\(next.code)\"")
        if next.needsReopening { readState(&core) }
        guard let outage else {
            logger.error(
                "the log cannot be written; until it can, what would be logged is refused",
                metadata: ["reason": "\(next.reason)"])
            self.outage = next
            return nil
        }
        if outage.reason != next.reason, outage.code != next.code {
            logger.error("the log still cannot be written", metadata: ["reason": "\(next.reason)"])
        }
        self.outage = outage.continued(by: next)
        return nil
    }

    /// Readers are still answered by what they may know, so the state has to be that of the log.
    private mutating func readState(_ core: inout Sequencer) {
        knowsState = false
        try? log.reopen()
        guard let state = try? log.read({ try Replayer.state(of: $0) { _, _ in } }) else {
            return
        }
        core.state = state
        knowsState = true
    }

    /// Answers what cannot be logged now.
    mutating func refuse(_ submissions: [Submission], _ core: inout Sequencer) -> Sequencer.Outcome {
        let refusals = core.refuse(submissions, knowsState: knowsState)
        outage?.refusals += refusals.count
        if refusals.count > 0 { metrics.dropped.add("reason=\"log_unwritable\"", refusals.count) }
        kept.append(contentsOf: refusals.kept.prefix(max(OutageKeeper.maximumKept - kept.count, 0)))
        return refusals.outcome
    }

    /// What waited for the log to be written again.
    mutating func takeKept() -> [Submission] {
        guard !kept.isEmpty else { return [] }
        defer { kept.removeAll() }
        return kept
    }

    /// Something was carried through, up to this entry.
    mutating func wrote(_ seq: UInt64?) {
        let hasGrown = seq != lastSeq
        lastSeq = seq
        guard hasGrown, let outage else { return }
        logger.notice(
            "the log is written again",
            metadata: [
                "seconds": "\((ContinuousClock.now - outage.begun).components.seconds)",
                "refused": "\(outage.refusals)",
            ])
        self.outage = nil
    }
}
