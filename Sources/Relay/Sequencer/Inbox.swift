import Foundation

/// The sequencer's queue: bounded, many senders, one taker that sleeps while there is nothing to do.
final class Inbox: @unchecked Sendable {
    // Everything below is touched under `condition`'s lock only.
    private let condition = NSCondition()
    private let limit: Int
    private var waiting: [Submission] = []
    private var isClosed = false

    init(limit: Int) { self.limit = limit }

    /// `false` when the queue is full or closed; then nothing was taken.
    func put(_ submissions: [Submission]) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard !isClosed, waiting.count + submissions.count <= limit else { return false }
        if waiting.isEmpty { condition.signal() }
        waiting.append(contentsOf: submissions)
        return true
    }

    /// Waits for submissions, or for a time in microseconds since 1970, and takes at most `most` of them; `nil` once the
    /// queue is closed and empty.
    func take(most: Int, until deadline: Int64?) -> [Submission]? {
        condition.lock()
        defer { condition.unlock() }
        while waiting.isEmpty {
            if isClosed { return nil }
            guard let deadline else {
                condition.wait()
                continue
            }
            let date = Date(timeIntervalSince1970: Double(deadline) / 1e6)
            if !condition.wait(until: date) { return [] }
        }
        if waiting.count <= most {
            defer { waiting = [] }
            return waiting
        }
        defer { waiting.removeFirst(most) }
        return Array(waiting.prefix(most))
    }

    func close() {
        condition.lock()
        defer { condition.unlock() }
        isClosed = true
        condition.broadcast()
    }
}
