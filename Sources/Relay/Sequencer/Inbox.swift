import Foundation

/// The sequencer's queue: bounded, many senders, one taker that sleeps while there is nothing to do.
///
/// While much comes in the taker lingers for a moment, because one commit for many costs a fraction of many commits: they
/// dirty the same pages. What comes alone is taken at once, and so is what somebody waits for at both ends of a line.
final class Inbox: @unchecked Sendable {
    /// Having taken this many says that much comes in.
    private static let busyCount = 24
    /// Having taken this many says that about as much comes in as one core can check: whoever waits for an answer waits
    /// for those before it in any case, and what counts is how little each of them costs. The second number is what the
    /// same flood comes to when the taker has lingered longer.
    private static let floodCount = (begins: 128, goesOn: 480)
    /// Having this many is reason enough not to linger.
    private static let enoughCount = 1024
    /// How long it lingers at most.
    private static let lingerSeconds = (busy: 0.01, flooded: 0.04)
    /// When nothing came for so long, everybody waits for an answer before saying more: then lingering only delays it.
    private static let quietSeconds = 0.004

    // Everything below is touched under `condition`'s lock only.
    private let condition = NSCondition()
    private let limit: Int
    /// Learns at every change how many wait: a disk that hangs shows here.
    private let metrics: Metrics
    private var waiting: [Submission] = [] {
        didSet { metrics.queueDepth.store(waiting.count, ordering: .relaxed) }
    }
    private var isClosed = false
    /// How many have to wait before the taker is woken.
    private var wakeCount = 1
    private var lastTaken = 0
    private var hasUrgent = false
    private var isFlooded = false

    init(limit: Int, metrics: Metrics) {
        self.limit = limit
        self.metrics = metrics
    }

    /// `false` when the queue is full or closed; then nothing was taken.
    func put(_ submissions: [Submission]) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        // The end of a session is always taken, or it would stay in the state; there are no more of them than sessions.
        let fits = waiting.count + submissions.count <= limit || submissions.allSatisfy(\.isEnd)
        guard !isClosed, fits else { return false }
        let before = waiting.count
        waiting.append(contentsOf: submissions)
        let becameUrgent = !hasUrgent && submissions.contains { $0.isUrgent }
        hasUrgent = hasUrgent || becameUrgent
        if becameUrgent || (before < wakeCount && waiting.count >= wakeCount) { condition.signal() }
        return true
    }

    /// Waits for submissions, or for a time in microseconds since 1970, and takes at most `most` of them; `nil` once the
    /// queue is closed and empty.
    func take(most: Int, until deadline: Int64?) -> [Submission]? {
        condition.lock()
        defer { condition.unlock() }
        if lastTaken >= Inbox.busyCount { linger() }
        while waiting.isEmpty {
            if isClosed { return nil }
            lastTaken = 0
            guard let deadline else {
                condition.wait()
                continue
            }
            if !condition.wait(until: Date(timeIntervalSince1970: Double(deadline) / 1e6)) { return [] }
        }
        let batch = waiting.count <= most ? waiting : Array(waiting.prefix(most))
        waiting.removeFirst(batch.count)
        lastTaken = batch.count
        hasUrgent = waiting.contains { $0.isUrgent }
        return batch
    }

    private func linger() {
        wakeCount = Inbox.enoughCount
        defer { wakeCount = 1 }
        isFlooded = lastTaken >= (isFlooded ? Inbox.floodCount.goesOn : Inbox.floodCount.begins)
        let end = Date(
            timeIntervalSinceNow: isFlooded ? Inbox.lingerSeconds.flooded : Inbox.lingerSeconds.busy)
        while waiting.count < Inbox.enoughCount, !hasUrgent, !isClosed {
            let before = waiting.count
            let pause = min(end, Date(timeIntervalSinceNow: Inbox.quietSeconds))
            if !condition.wait(until: pause), waiting.count == before || pause == end { return }
        }
    }

    func close() {
        condition.lock()
        defer { condition.unlock() }
        isClosed = true
        condition.broadcast()
    }
}
