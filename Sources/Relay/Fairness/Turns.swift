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

    private let eventLoop: any EventLoop
    private var waiting: Deque<() -> Void> = []
    private var isScheduled = false
    private var turnEnd = NIODeadline.uptimeNanoseconds(0)
    private var spent = TimeAmount.nanoseconds(0)

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Does a piece of work at once when nobody waits and not much was done just now, and else soon, behind those that wait.
    func now(_ piece: @escaping () -> Void) {
        let begun = NIODeadline.now()
        if begun >= turnEnd {
            turnEnd = begun + Turns.length
            spent = .nanoseconds(0)
        }
        guard waiting.isEmpty, spent < Turns.atOnce else { return later(piece) }
        // Counted before, too: what a piece brings with it may come here in its turn.
        spent = spent + Turns.pause
        piece()
        spent = spent + (NIODeadline.now() - begun)
    }

    /// Does a piece of work soon, behind the pieces that wait already.
    func later(_ piece: @escaping () -> Void) {
        eventLoop.preconditionInEventLoop()
        waiting.append(piece)
        schedule()
    }

    private func schedule() {
        guard !isScheduled, !waiting.isEmpty else { return }
        isScheduled = true
        eventLoop.assumeIsolated().scheduleTask(in: Turns.pause) { [self] in
            isScheduled = false
            take()
        }
    }

    private func take() {
        turnEnd = NIODeadline.now() + Turns.length
        // What a piece adds comes in the next turn.
        spent = Turns.length
        for _ in 0..<waiting.count {
            guard let piece = waiting.popFirst() else { break }
            piece()
            if NIODeadline.now() >= turnEnd { break }
        }
        schedule()
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
