import Log
import Logging
import Reducers

/// The thread around the sequencer: takes whatever waits, has it carried through, and lets everyone know.
///
/// While a commit is on its way to the disk the next inputs gather, so that under load one fsync serves many. While the log
/// cannot be written everything that would be logged is refused (docs/design/outages.md).
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
    private var outage: OutageKeeper
    private var clock: ClockWatch

    init(
        _ core: Sequencer, maximumQueue: Int, outage: OutageKeeper, clock: ClockWatch, metrics: Metrics,
        publish: @escaping @Sendable (CommittedBatch) -> Void, fail: @escaping @Sendable (any Error) -> Void
    ) {
        self.core = core
        self.outage = outage
        self.clock = clock
        self.publish = publish
        self.fail = fail
        inbox = Inbox(limit: maximumQueue, metrics: metrics)
    }

    /// Hands over inputs in order; `false` when too many wait already and none was taken.
    func submit(_ submissions: [Submission]) -> Bool { inbox.put(submissions) }

    /// Works until `stop()` was called and everything that waited is committed; ends with a snapshot.
    func run() {
        while let submissions = inbox.take(
            most: Sequencer.maximumBatch, until: outage.deadline ?? core.deadline)
        {
            clock.look(logTime: core.state.position?.time)
            carry(submissions)
        }
        guard outage.mayWrite else { return }
        do {
            try core.finish()
        } catch {
            fail(error)
        }
    }

    private func carry(_ submissions: [Submission]) {
        var submissions = submissions
        do {
            guard try outage.letsWrite(&core) else { return say(outage.refuse(submissions, &core)) }
            submissions = outage.takeKept() + submissions
            let outcome = try core.step(submissions)
            outage.wrote(core.state.position?.seq)
            say(outcome)
        } catch {
            let end = outage.begin(error, &core)
            say(outage.refuse(submissions, &core))
            // What no waiting repairs: the process has to end, and until it does everything is refused.
            if let end { fail(end) }
        }
    }

    private func say(_ outcome: Sequencer.Outcome) {
        for answer in outcome.answers { answer() }
        publish(outcome.committed)
    }

    /// Lets `run()` return once everything that waits is committed.
    func stop() { inbox.close() }
}
