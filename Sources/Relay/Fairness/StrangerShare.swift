import DequeModule
import NIOCore

/// How much of an event loop's time goes to connections that have not authenticated: when their share of a moment is used
/// up, what they sent waits for the next moment, so that members are served beside any number of strangers.
///
/// Time is counted, not messages, because what they cost differs by a factor of hundreds: a ping costs nothing, an AUTH
/// with a signature that is bad a verification.
///
/// Belongs to its event loop.
final class StrangerShare {
    /// The moment within which the share is counted: short, because a member waits for what is done in one.
    static let window = TimeAmount.milliseconds(2)

    private let allowance: Int64?
    private let eventLoop: any EventLoop
    private var windowEnd = NIODeadline.uptimeNanoseconds(0)
    private var spent: Int64 = 0
    private var waiting: Deque<() -> Void> = []
    private var isScheduled = false

    /// - Parameter percent: of the loop's time; 100 for no limit.
    init(_ eventLoop: any EventLoop, percent: Int) {
        self.eventLoop = eventLoop
        allowance = percent >= 100 ? nil : StrangerShare.window.nanoseconds * Int64(percent) / 100
    }

    /// Whether some of this moment's share is left, and nobody else waits for it.
    var hasRoom: Bool {
        guard let allowance else { return true }
        guard waiting.isEmpty else { return false }
        renew(eventLoop.now)
        return spent < allowance
    }

    /// Does a stranger's work and counts its time.
    func spend(_ work: () -> Void) {
        guard allowance != nil else { return work() }
        let begun = eventLoop.now
        work()
        spent += (eventLoop.now - begun).nanoseconds
    }

    /// Does a stranger's work when there is room for it, in the order in which it was asked for.
    func later(_ work: @escaping () -> Void) {
        waiting.append(work)
        schedule()
    }

    private func renew(_ now: NIODeadline) {
        guard now >= windowEnd else { return }
        windowEnd = now + StrangerShare.window
        spent = 0
    }

    private func schedule() {
        guard !isScheduled, !waiting.isEmpty else { return }
        isScheduled = true
        let delay = max(Turns.pause, windowEnd - eventLoop.now)
        eventLoop.assumeIsolated().scheduleTask(in: delay) { [self] in
            isScheduled = false
            renew(eventLoop.now)
            while spent < allowance ?? .max, let work = waiting.popFirst() { spend(work) }
            schedule()
        }
    }
}
