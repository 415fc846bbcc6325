import Log
import NIOCore
import Nostr
import Reducers
import Synchronization

/// One event loop's part of the relay: its connections and their live subscriptions.
///
/// Everything here is touched on the event loop only. That is the argument for `@unchecked Sendable`: others hold a
/// reference, but reach in through `eventLoop.execute`.
final class Shard: @unchecked Sendable {
    let index: Int
    let eventLoop: any EventLoop
    let log: EventLog
    let metrics: Metrics
    /// Whether the log serves an event of that id: made once, not for each message.
    private(set) var isStored: (EventID) -> Bool = { _ in false }
    /// The event that was looked for last, and a version of the log that did not have it.
    private(set) var latestAbsence: (id: EventID, version: LogVersion)?
    private let submitInputs: @Sendable ([Submission]) -> Bool
    private var sessions: [UInt64: WebSocketSession] = [:]
    private var live = LiveIndex()
    private var nextNumber: UInt64 = 0
    private var isDraining = false
    private var drained: EventLoopPromise<Void>?
    /// The sessions that wait for time to pass, and what wakes them.
    private var timed: [UInt64: WebSocketSession] = [:]
    private var alarm: RepeatedTask?
    /// Events of reconciliations that are held for all connections of the shard.
    var reconciledEvents = 0
    /// Where sessions gather what is to be done, kept for its memory; empty between two steps.
    var effects: [SessionMachine.Effect] = []

    /// Bytes of messages that have begun and not ended.
    var unfinishedBytes = 0
    let maximumUnfinishedBytes: Int
    /// What waits for slow readers.
    let backlog: TotalBacklog
    /// Long work, a piece at a time.
    let turns: Turns
    /// The part of the time that connections get which have not authenticated.
    let strangers: StrangerShare
    let drops: Drops
    private var heart: RepeatedTask?
    private let horizon: Horizon
    private let hearing = Hearing()
    /// What connections wait to do until everybody was told of a log of that size.
    private var untold: [UInt64: (size: UInt64, work: () -> Void)] = [:]

    /// Most of these events at once, about 42 bytes each.
    static let maximumReconciledEvents = 2_000_000

    /// - Parameter count: shards in all, which share the limits that are for all connections.
    init(
        index: Int, of count: Int, eventLoop: any EventLoop, log: EventLog, horizon: Horizon, limits: ServerLimits,
        metrics: Metrics, drops: Drops, submit: @escaping @Sendable ([Submission]) -> Bool
    ) {
        self.horizon = horizon
        maximumUnfinishedBytes = limits.maximumUnfinishedBytes / count
        backlog = TotalBacklog(maximum: limits.maximumTotalBacklogBytes / count)
        turns = Turns(eventLoop)
        strangers = StrangerShare(eventLoop, percent: limits.strangerShare)
        self.drops = drops
        self.metrics = metrics
        self.index = index
        self.eventLoop = eventLoop
        self.log = log
        submitInputs = submit
        isStored = { [unowned self] id in
            guard let found = try? log.lookUp(id) else { return false }
            latestAbsence = found.isServed ? nil : (id, found.version)
            return found.isServed
        }
    }

    // MARK: Connections

    /// Takes a connection in and gives it its number.
    func add(_ session: WebSocketSession) -> ConnectionID {
        eventLoop.preconditionInEventLoop()
        nextNumber += 1
        sessions[nextNumber] = session
        if isDraining { session.drain() }
        return ConnectionID(shard: index, number: nextNumber)
    }

    func remove(_ session: WebSocketSession, _ id: ConnectionID) {
        sessions[id.number] = nil
        untold[id.number] = nil
        stopWaking(id)
        if sessions.isEmpty { drained?.succeed() }
    }

    func subscribe(_ subscription: LiveSubscription) {
        live.insert(subscription)
        metrics.subscriptions.wrappingAdd(1, ordering: .relaxed)
    }

    func unsubscribe(_ subscription: LiveSubscription) {
        live.remove(subscription)
        metrics.subscriptions.wrappingSubtract(1, ordering: .relaxed)
    }

    /// Hands inputs to the sequencer; `false` when it is overloaded.
    func submit(_ submissions: [Submission]) -> Bool { submitInputs(submissions) }

    // MARK: Time and room

    /// Looks at every connection each time so many seconds have passed, whether it still lives; 0 for never.
    func beginBeating(every seconds: Int) {
        guard seconds > 0 else { return }
        let pause = TimeAmount.seconds(Int64(seconds))
        eventLoop.execute { [self] in
            heart = eventLoop.scheduleRepeatedTask(initialDelay: pause, delay: pause) { [self] _ in
                // One that is given up ends in here.
                for session in Array(sessions.values) { session.beat() }
            }
        }
    }

    /// Tells a session every second that time has passed, until it is over.
    ///
    /// One alarm for all: a task for each of ten thousand connections that come at once would cost more than looking.
    func wake(_ session: WebSocketSession, _ id: ConnectionID) {
        timed[id.number] = session
        guard alarm == nil else { return }
        alarm = eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { [self] _ in
            for session in timed.values { session.timePassed() }
        }
    }

    func stopWaking(_ id: ConnectionID) {
        guard timed.removeValue(forKey: id.number) != nil, timed.isEmpty else { return }
        alarm?.cancel()
        alarm = nil
    }

    /// Whether so many more events may be held for a reconciliation; one alone always may.
    func hasRoomToReconcile(_ count: Int) -> Bool {
        reconciledEvents == 0 || reconciledEvents + count <= Shard.maximumReconciledEvents
    }

    // MARK: What was committed

    /// Hands over what was committed; called on the sequencer's thread, in the order of the log.
    func tell(_ batch: CommittedBatch) {
        hearing.hand()
        eventLoop.execute { [self] in
            hearing.hear()
            publish(batch)
        }
    }

    /// Does what waits for the horizon, which has moved; called on the sequencer's thread.
    func wakeIfAwaiting() {
        if hearing.isToBeWoken() { eventLoop.execute { [self] in catchUp() } }
    }

    /// Does something for a connection once the shard has heard of everything before a position of the log; at once as a
    /// rule. A connection waits for one such thing: a later one takes its place.
    func onceTold(of size: UInt64, _ id: ConnectionID, _ work: @escaping () -> Void) {
        if horizon.told >= size, !hearing.isBehind { return work() }
        untold[id.number] = (size, work)
        hearing.await()
        // What was told since is not told again.
        if horizon.told >= size { wakeIfAwaiting() }
    }

    private func catchUp() {
        let told = horizon.told
        // Behind the news that are on their way.
        guard !hearing.isBehind else { return eventLoop.execute { [self] in catchUp() } }
        let ready = untold.filter { $0.value.size <= told }
        for number in ready.keys { untold[number] = nil }
        for number in ready.keys.sorted() { ready[number]?.work() }
        guard !untold.isEmpty else { return }
        hearing.await()
        if horizon.told > told { wakeIfAwaiting() }
    }

    /// Answers sessions and delivers events; then every touched connection is flushed once.
    func publish(_ batch: CommittedBatch) {
        eventLoop.preconditionInEventLoop()
        turns.othersWereServed()
        var touched: [ObjectIdentifier: WebSocketSession] = [:]
        // Who sends much is answered much, one answer after the other: looked up once for all of them.
        var latest: (connection: UInt64, session: WebSocketSession)?
        for reply in batch.replies[index] {
            if latest?.connection != reply.connection || latest?.session.id == nil {
                latest = sessions[reply.connection].map { (reply.connection, $0) }
                if let latest { touched[ObjectIdentifier(latest.session)] = latest.session }
            }
            guard let session = latest?.session else {
                close(reply.content)
                continue
            }
            session.replied(reply.content)
        }
        var calls: [CallDelivery] = []
        var wanting: [LiveSubscription] = []
        for item in batch.events {
            let isCall = item.event.kind == .callMeNow
            let recipient = item.isPrivate ? item.event.tags.firstValue(of: "p") : nil
            let call = isCall ? CallDelivery(output: item.seq) : nil
            // Delivering may flush, and flushing may change subscriptions: look them all up first.
            wanting.removeAll(keepingCapacity: true)
            live.forEach(wanting: item.event, at: item.seq) { wanting.append($0) }
            var delivered = 0
            for subscription in wanting {
                let session = subscription.session
                if let recipient, !session.holds(recipient) { continue }
                // What follows the end of a session is not for it, though one commit brings both.
                if !batch.ended.isEmpty, session.isEnded(before: item.seq, in: batch.ended) { continue }
                session.deliver(item.event, to: subscription, call: call)
                delivered += 1
                touched[ObjectIdentifier(session)] = session
            }
            if delivered > 0 { metrics.delivered(delivered) }
            if let call { calls.append(call) }
        }
        if !batch.ended.isEmpty {
            for session in sessions.values where session.isEnded(before: .max, in: batch.ended) { session.expel() }
        }
        for session in touched.values { session.flush() }
        for call in calls { call.whenComplete { [self] delivery in report(delivery) } }
    }

    /// Ends the session that an authentication began whose connection was gone before the answer.
    private func close(_ reply: Reply.Content) {
        guard case .authenticated(_, _, _, let session?) = reply else { return }
        _ = submit([Submission(content: .closed(session: session, reason: "connection closed"))])
    }

    private func report(_ delivery: Delivery) {
        // When the sequencer is overloaded the record of a delivery is the first thing to do without.
        _ = submit([Submission(content: .delivered(delivery))])
    }

    // MARK: Shutting down

    /// Closes every connection with 1012 once its answers are out; the future succeeds when none is left.
    func drain() -> EventLoopFuture<Void> {
        eventLoop.flatSubmit { [self] in
            isDraining = true
            let promise = eventLoop.makePromise(of: Void.self)
            drained = promise
            if sessions.isEmpty { promise.succeed() }
            for session in sessions.values { session.drain() }
            return promise.futureResult
        }
    }
}
