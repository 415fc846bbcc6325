import DequeModule
import NIOCore

/// Long work of one event loop, a piece at a time: between two turns the sockets are served.
///
/// A task that an event loop is given while it works off tasks runs before it looks at its sockets again, so a query that
/// asks for its next slice that way is not interrupted by anything that anybody sends: one long COUNT would stop the
/// loop for as long as it takes. Here the pieces of all such work wait in one line, some are done in each turn, and the
/// next turn comes a moment later than at once, which is what makes the loop look.
///
/// Belongs to its event loop. That is the argument for `@unchecked Sendable`: others only pass it on.
final class Turns: @unchecked Sendable {
    /// How long one turn takes, give or take a piece: what anybody else waits for at most.
    static let length = TimeAmount.milliseconds(1)
    /// How much of that may be done outside of a turn.
    static let atOnce = TimeAmount.microseconds(500)
    /// How much later than at once the next turn comes: enough not to be due yet.
    static let pause = TimeAmount.microseconds(20)

    /// The same while members publish and are called: half of the time is theirs, so that an event loop which answers
    /// questions is not one that the machine makes wait for its next turn on a processor.
    static let longPause = TimeAmount.milliseconds(1)
    /// How long after somebody was served they count as being there.
    static let memory = TimeAmount.milliseconds(100)

    private let eventLoop: any EventLoop
    private var othersUntil = NIODeadline.uptimeNanoseconds(0)
    private var waiting: Deque<() -> Void> = []
    private var isScheduled = false
    private var isWorking = false
    /// What was done since the sockets were looked at.
    private var spent = TimeAmount.nanoseconds(0)

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Does a piece of work at once when nobody waits and not much was done just now, and else soon, behind those that wait.
    ///
    /// What a piece brings with it is always done later: a thousand questions that each ask the next are no one piece.
    func now(_ piece: @escaping () -> Void) {
        guard waiting.isEmpty, !isWorking, spent < Turns.atOnce else { return later(piece) }
        work(piece)
        schedule()
    }

    /// Does a piece of work soon, behind the pieces that wait already.
    func later(_ piece: @escaping () -> Void) {
        eventLoop.preconditionInEventLoop()
        waiting.append(piece)
        schedule()
    }

    /// Learns that others have just been answered or called.
    func othersWereServed() { othersUntil = eventLoop.now + Turns.memory }

    private func work(_ piece: () -> Void) {
        isWorking = true
        let begun = eventLoop.now
        piece()
        spent = spent + (eventLoop.now - begun)
        isWorking = false
    }

    private func schedule() {
        guard !isScheduled else { return }
        isScheduled = true
        let pause = eventLoop.now < othersUntil ? Turns.longPause : Turns.pause
        eventLoop.assumeIsolated().scheduleTask(in: pause) { [self] in
            isScheduled = false
            take()
        }
    }

    private func take() {
        spent = .nanoseconds(0)
        // What a piece adds comes in the next turn.
        for _ in 0..<waiting.count {
            guard spent < Turns.length, let piece = waiting.popFirst() else { break }
            work(piece)
        }
        if !waiting.isEmpty { schedule() }
    }
}

/// The turns of each event loop.
struct LoopTurns: Sendable {
    private let all: [ObjectIdentifier: Turns]

    init(_ turns: [(any EventLoop, Turns)]) {
        all = Dictionary(turns.map { (ObjectIdentifier($0.0), $0.1) }) { first, _ in first }
    }

    /// Those of a connection's event loop.
    subscript(channel: any Channel) -> Turns? { all[ObjectIdentifier(channel.eventLoop)] }
}
