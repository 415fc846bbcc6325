import Dispatch
import Log
import Logging
import Nostr
import Reducers
import Synchronization

/// Signs and publishes checkpoints of the log: on a schedule, when asked, and at the end.
///
/// Works on a queue of its own, so that neither the sequencer nor a socket waits for a witness. A checkpoint is published
/// by appending it (docs/design/checkpoints-are-entries.md); until then nobody sees it.
final class CheckpointPublisher: Sendable {
    /// How publishing goes, for whoever watches.
    struct Status: Sendable {
        /// The latest published note.
        var note: SignedNote?
        /// Entries that it covers.
        var size: UInt64 = 0
        /// When it was published, in seconds since 1970.
        var publishedAt: Int64 = 0
        /// Why the latest attempt failed; `nil` when it did not.
        var failure: String?
        /// Whether nothing is signed any more until somebody looks: a signature would contradict one that is out.
        var isHalted = false
        /// What each witness said last.
        var witnesses: [(name: String, answer: String)] = []
    }

    /// Entries that publishing itself appends: a log that grew by nothing else has nothing to say.
    private static let ownEntries: UInt64 = 2
    /// Seconds that an append may take.
    private static let appendSeconds = 30.0
    /// Seconds between two attempts after a failure, at most.
    private static let longestPauseSeconds = 600

    private let log: EventLog
    private let signer: CheckpointSigner
    private let verifier: VerifierKey
    private let witnesses: Witnesses
    private let clients: [WitnessClient]
    private let interval: Int
    private let submit: @Sendable (Submission) -> Bool
    private let metrics: Metrics
    private let logger: Logger
    private let queue = DispatchQueue(label: "ringdown.checkpoints", qos: .utility)
    private let current: Mutex<Status>
    private let isFinished = Atomic(false)
    private let failures = Mutex(0)

    /// - Parameters:
    ///   - latest: the note that the log's newest checkpoint entry holds, and its time in microseconds.
    ///   - interval: seconds between two checkpoints; 0 for none but those that are asked for.
    init(
        log: EventLog, key: LogKey, origin: String, latest: (note: SignedNote, time: Int64)?, witnesses: Witnesses,
        interval: Int, submit: @escaping @Sendable (Submission) -> Bool, metrics: Metrics, logger: Logger
    ) {
        self.log = log
        signer = CheckpointSigner(log: log, key: key, origin: origin)
        verifier = VerifierKey(origin: origin, publicKey: key.publicKey)
        self.witnesses = witnesses
        clients = witnesses.doors.map { WitnessClient($0) }
        self.interval = interval
        self.submit = submit
        self.metrics = metrics
        self.logger = logger
        var status = Status()
        if let latest, let checkpoint = try? latest.note.verified(by: verifier) {
            status.note = latest.note
            status.size = checkpoint.size
            status.publishedAt = latest.time / Position.microsecondsPerSecond
        }
        current = Mutex(status)
    }

    var status: Status { current.withLock { $0 } }

    /// Begins the schedule. The first attempt comes soon: witnesses tell at once whether the log is the one they know.
    func start() {
        guard interval > 0 else { return }
        schedule(seconds: min(interval, CheckpointPublisher.firstSeconds))
    }

    private static let firstSeconds = 5

    private func schedule(seconds: Int) {
        queue.asyncAfter(deadline: .now() + .seconds(seconds)) { [weak self] in
            guard let self, !isFinished.load(ordering: .relaxed) else { return }
            _ = attempt()
            schedule(seconds: pause)
        }
    }

    /// Seconds to the next attempt: longer after each failure, never longer than ten minutes.
    private var pause: Int {
        let count = failures.withLock { $0 }
        guard count > 0 else { return interval }
        return min(max(interval, 1) << min(count, 6), max(CheckpointPublisher.longestPauseSeconds, interval))
    }

    /// Ends the schedule and publishes what the log came to; waits for `seconds` at most.
    func finish(within seconds: Double) {
        isFinished.store(true, ordering: .relaxed)
        let done = DispatchSemaphore(value: 0)
        queue.async { [self] in
            _ = attempt()
            done.signal()
        }
        if done.wait(timeout: .now() + seconds) == .timedOut {
            logger.warning("the last checkpoint was not published in time")
        }
    }

    /// Publishes a checkpoint now, and tells how that went.
    func publish(_ answer: @escaping @Sendable (Result<SignedNote, CheckpointFailure>) -> Void) {
        queue.async { [self] in answer(attempt()) }
    }

    // MARK: On the queue

    private func attempt() -> Result<SignedNote, CheckpointFailure> {
        let status = status
        if status.isHalted, let reason = status.failure { return .failure(CheckpointFailure(reason)) }
        if let note = status.note, let size = try? log.read({ $0.size }),
            size <= status.size + CheckpointPublisher.ownEntries
        {
            // The same size can be signed only once; what is published says it all.
            return .success(note)
        }
        let result = Result { () throws(CheckpointFailure) in try publishOne() }
        settle(result)
        return result
    }

    private func publishOne() throws(CheckpointFailure) -> SignedNote {
        var note: SignedNote
        do throws(SigningError) {
            note = try signer.sign(requiresLast: status.note != nil)
        } catch {
            throw CheckpointFailure(error.description, halts: error.isFinal)
        }
        var answers: [(name: String, answer: String)] = []
        var alarm: CheckpointFailure?
        for client in clients {
            let (cosigned, answer) = client.cosign(note, of: log)
            note = cosigned
            answers.append((client.door.name, CheckpointPublisher.words(answer)))
            if answer != .cosigned { metrics.witnessFailures.add("witness=\"\(client.door.name)\"") }
            switch answer {
            case .ahead(let size):
                alarm = CheckpointFailure(
                    """
                    the witness \(client.door.name) holds a checkpoint over \(size) entries of this log, which has fewer: its \
                    tail is lost, or a backup was restored. Nothing is signed any more
                    """, halts: true)
            case .fork:
                alarm = CheckpointFailure(
                    """
                    the witness \(client.door.name) holds a checkpoint of this log with another history: it is a fork, such as \
                    a restored backup that went on by itself. Nothing is signed any more
                    """, halts: true)
            default: break
            }
        }
        current.withLock { $0.witnesses = answers }
        if let alarm { throw alarm }
        guard witnesses.areEnough(note) else {
            let said = answers.map { "\($0.name): \($0.answer)" }.joined(separator: "; ")
            throw CheckpointFailure("too few witnesses cosigned, so nothing is published (\(said))")
        }
        try append(note)
        return note
    }

    static func words(_ answer: WitnessClient.Answer) -> String {
        switch answer {
        case .cosigned: "cosigned"
        case .ahead(let size): "holds \(size) entries, more than there are"
        case .fork: "holds another history"
        case .failed(let reason): reason
        }
    }

    private func append(_ note: SignedNote) throws(CheckpointFailure) {
        let done = DispatchSemaphore(value: 0)
        let outcome = Mutex<Transition.Answer?>(nil)
        let submission = Submission(
            content: .checkpoint(Text(note.text)),
            sender: .caller { answer in
                outcome.withLock { $0 = answer }
                done.signal()
            })
        guard submit(submission) else { throw CheckpointFailure("the relay is overloaded") }
        guard done.wait(timeout: .now() + CheckpointPublisher.appendSeconds) == .success else {
            throw CheckpointFailure("the log did not take it in time")
        }
        guard let answer = outcome.withLock({ $0 }), answer.accepted else {
            throw CheckpointFailure("the log did not take it")
        }
    }

    private func settle(_ result: Result<SignedNote, CheckpointFailure>) {
        switch result {
        case .success(let note):
            failures.withLock { $0 = 0 }
            let hadFailed = current.withLock { status in
                defer {
                    status.note = note
                    status.size = (try? note.verified(by: verifier).size) ?? status.size
                    status.publishedAt = Clock.seconds()
                    status.failure = nil
                }
                return status.failure != nil
            }
            if hadFailed { logger.notice("checkpoints are published again") }
        case .failure(let failure):
            failures.withLock { $0 += 1 }
            metrics.checkpointFailures.add(failure.halts ? "reason=\"contradiction\"" : "reason=\"other\"")
            let previous = current.withLock { status in
                defer {
                    status.failure = failure.description
                    status.isHalted = status.isHalted || failure.halts
                }
                return status.failure
            }
            // Once for each reason, not once for each attempt.
            guard previous != failure.description else { return }
            let level: Logger.Level = failure.halts ? .critical : .error
            logger.log(level: level, "no checkpoint", metadata: ["reason": "\(failure.description)"])
        }
    }
}

/// Why no checkpoint was published.
struct CheckpointFailure: Error, Equatable, CustomStringConvertible {
    let description: String
    /// Whether a later attempt would be as wrong: a signature would contradict one that is out.
    let halts: Bool

    init(_ description: String, halts: Bool = false) {
        self.description = description
        self.halts = halts
    }
}

extension SigningError {
    /// Whether waiting does not help.
    var isFinal: Bool {
        switch self {
        case .emptyLog, .storage: false
        default: true
        }
    }
}
