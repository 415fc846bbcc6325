import Log
import Reducers

/// The thread around the sequencer: takes whatever waits, has it carried through, and lets everyone know.
///
/// While a commit is on its way to the disk the next inputs gather, so that under load one fsync serves many.
///
/// The core belongs to the thread alone; everybody else reaches it through `submit(_:)`. That is the argument for
/// `@unchecked Sendable`.
final class SequencerThread: @unchecked Sendable {
    private let inbox: Inbox
    /// Hands a committed batch to the shards.
    private let publish: @Sendable (CommittedBatch) -> Void
    /// Called once when the log cannot be written any more: the process has to end.
    private let fail: @Sendable (any Error) -> Void
    private var core: Sequencer

    init(
        _ core: Sequencer, maximumQueue: Int, metrics: Metrics,
        publish: @escaping @Sendable (CommittedBatch) -> Void, fail: @escaping @Sendable (any Error) -> Void
    ) {
        self.core = core
        self.publish = publish
        self.fail = fail
        inbox = Inbox(limit: maximumQueue, metrics: metrics)
    }

    /// Hands over inputs in order; `false` when too many wait already and none was taken.
    func submit(_ submissions: [Submission]) -> Bool { inbox.put(submissions) }

    /// Works until `stop()` was called and everything that waited is committed; ends with a snapshot.
    func run() {
        do {
            while let submissions = inbox.take(most: Sequencer.maximumBatch, until: core.deadline) {
                let outcome = try core.step(submissions)
                for answer in outcome.answers { answer() }
                publish(outcome.committed)
            }
            try core.finish()
        } catch {
            // A failed commit is never retried in place (AUDIT.md, "LMDB: what it promises"): stop accepting and end.
            inbox.close()
            fail(error)
        }
    }

    /// Lets `run()` return once everything that waits is committed.
    func stop() { inbox.close() }
}
