import Log
import Logging
import NIOCore
import NIOWebSocket
import Nostr
import Reducers

/// What every session of a relay shares.
struct SessionContext: Sendable {
    let relay: PublicKey
    let limits: ServerLimits
    /// How many events each key may publish.
    let rate: RateLimiter
    let logger: Logger
}

/// The shell around one session's state machine: frames in, frames out, on one event loop.
final class WebSocketSession: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame

    let shard: Shard
    let shared: SessionContext
    var machine: SessionMachine
    var id: ConnectionID?
    let outbox: Outbox
    var context: ChannelHandlerContext?
    private var submissions: [Submission] = []
    var subscriptions: [SubscriptionID: LiveSubscription] = [:]
    var scan: RunningScan?
    /// Whether the shard wakes the session when time has passed.
    var isTimed = false
    /// Events of reconciliations for which this session takes room in its shard.
    var heldEvents = 0
    private var isDraining = false
    private var closeReason = "connection closed"

    init(shard: Shard, shared: SessionContext, hosts: Set<String>) {
        self.shard = shard
        self.shared = shared
        machine = SessionMachine(
            authentication: Authentication(hosts: hosts), limits: shared.limits, now: Clock.seconds())
        outbox = Outbox(maximumBacklog: shared.limits.maximumBacklogBytes)
    }

    /// Whether the connection proved to hold this key, given in hex.
    func holds(_ key: Text) -> Bool { machine.keys.contains { Text($0.hex) == key } }

    /// Whether the session's name in the log is one of these.
    func isNamed(in names: Set<UInt64>) -> Bool { machine.name.map(names.contains) ?? false }

    // MARK: The connection's life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        outbox.attach(to: context)
        id = shard.add(self)
        updateTimer()
        send(machine.greeting)
        flush()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    private func end() {
        guard let id else { return }
        self.id = nil
        scan = nil
        outbox.detach()
        for subscription in subscriptions.values { shard.unsubscribe(subscription) }
        subscriptions = [:]
        shard.reconciledEvents -= heldEvents
        heldEvents = 0
        shard.remove(self, id)
        if let name = machine.name {
            _ = shard.submit([Submission(content: .closed(session: name, reason: closeReason))])
        }
        context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What a peer still sends behind a broken frame says nothing new.
        guard !outbox.isClosing || error is IOError else { return }
        switch error {
        case NIOWebSocketFrameAggregator.Error.accumulatedFrameSizeIsTooLarge, NIOWebSocketError.invalidFrameLength:
            drop("message_too_large")
            submit()
            close(.messageTooLarge, "a message has at most \(shared.limits.maximumMessageBytes) bytes")
        case is NIOWebSocketError, is NIOWebSocketFrameAggregator.Error, is FrameRules.Violation:
            close(.protocolError, "broken WebSocket framing")
        default:
            closeReason = "connection error"
            context.close(promise: nil)
        }
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard !outbox.isClosing else {
            if frame.opcode == .connectionClose { context.close(promise: nil) }
            return
        }
        switch frame.opcode {
        case .text: receive(frame.unmaskedData)
        case .ping: outbox.append(opcode: .pong, frame.unmaskedData)
        case .pong: break
        case .connectionClose:
            closeReason = "closed by the client"
            outbox.close(.normalClosure, "", isAnswer: true)
        default:
            send(.notice("invalid: only text frames are understood"))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        submit()
        flush()
        updateReading()
    }

    private func receive(_ buffer: ByteBuffer) {
        let message: ClientMessage
        do {
            message = try buffer.withUnsafeReadableBytes { bytes throws(ClientMessageError) in
                try ClientMessage.parse(bytes)
            }
        } catch {
            shared.logger.debug("unreadable message", metadata: ["reason": "\(error)"])
            drop("unreadable_message")
            guard String(validating: buffer.readableBytesView, as: UTF8.self) != nil else {
                // RFC 6455, section 8.1.
                return close(.dataInconsistentWithMessage, "a text message is not UTF-8")
            }
            answer(error)
            return
        }
        step { machine, surroundings, effects in machine.receive(message, surroundings, &effects) }
    }

    /// Strangers learn nothing about their messages before they authenticate.
    private func answer(_ error: ClientMessageError) {
        switch error {
        case .event(let id?, _) where machine.keys.isEmpty:
            send(.ok(id, accepted: false, message: machine.closedDoor.message))
        case .subscription(let id, _) where machine.keys.isEmpty:
            send(.closed(id, message: machine.closedDoor.message))
        case .negentropy(let id, _) where machine.keys.isEmpty:
            send(.negentropyError(id, message: machine.closedDoor.message))
        default:
            send(error.reply)
        }
    }

    private func drop(_ reason: String) {
        submissions.append(Submission(content: .dropped(reason: reason, key: nil)))
    }

    // MARK: Stepping the machine

    private var surroundings: SessionMachine.Surroundings {
        SessionMachine.Surroundings(
            now: Clock.seconds(), relay: shared.relay,
            isStored: { [log = shard.log] id in (try? log.read { try $0.isServed(id) }) ?? false },
            mayPublish: { [rate = shared.rate] key in rate.admits(key, at: Clock.microseconds()) })
    }

    func step(
        _ body: (inout SessionMachine, SessionMachine.Surroundings, inout [SessionMachine.Effect]) -> Void
    ) {
        var effects: [SessionMachine.Effect] = []
        body(&machine, surroundings, &effects)
        for effect in effects { perform(effect) }
        updateTimer()
        holdRoom()
    }

    private func perform(_ effect: SessionMachine.Effect) {
        guard let id else { return }
        switch effect {
        case .send(let message): send(message)
        case .submit(let content): submissions.append(Submission(content: content, sender: .connection(id)))
        case .subscribe(let name, let filters): subscribe(name, filters)
        case .unsubscribe(let name):
            if let subscription = subscriptions.removeValue(forKey: name) { shard.unsubscribe(subscription) }
        case .query(let name, let filters): query(name, filters)
        case .count(let name, let filters): count(name, filters)
        case .gather(let name, let filter): gather(name, filter)
        case .cancelQuery: scan = nil
        case .close(let reason): close(.policyViolation, reason)
        }
    }

    func submit() {
        guard !submissions.isEmpty else { return }
        let batch = submissions
        submissions = []
        guard !shard.submit(batch) else { return }
        shared.logger.warning("the sequencer is overloaded")
        for submission in batch { overloaded(submission) }
    }

    private func overloaded(_ submission: Submission) {
        let answer = Transition.Answer.overloaded
        switch submission.content {
        case .event(let event, _): replied(.event(event.id, answer))
        case .authenticate(let event, _): replied(.authenticated(event.id, event.pubkey, answer, session: nil))
        case .listening: close(.unexpectedServerError, "error: the relay is overloaded, try again later")
        case .join(let event, _): replied(.joined(event.id, answer))
        case .invite(_, let subscription): replied(.invited(subscription, nil, answer))
        default: break
        }
    }

    func replied(_ reply: Reply.Content) {
        step { machine, surroundings, effects in machine.replied(reply, surroundings, &effects) }
        submit()
        updateReading()
        finishDraining()
    }

    func updateReading() {
        guard let context else { return }
        let wanted = !machine.isSaturated && !outbox.isFull
        if context.channel.isActive, isReading != wanted {
            isReading = wanted
            context.channel.setOption(.autoRead, value: wanted).whenFailure { _ in }
        }
    }

    private var isReading = true

    // MARK: Writing

    private func send(_ message: RelayMessage) { outbox.append(message) }

    /// Sends a live event; for a call, also reports what became of it.
    func deliver(_ event: Event, to subscription: LiveSubscription, call: CallDelivery?) {
        guard let name = machine.name else { return }
        call?.begin()
        guard outbox.accepts(event.raw.count) else {
            call?.end(session: name, written: false)
            return
        }
        event.raw.withUnsafeBytes { outbox.append(head: subscription.head, body: $0) }
        if let call { outbox.notify { call.end(session: name, written: $0) } }
    }

    func flush() {
        outbox.flush()
        if outbox.isOverflowing { closeSlowReader() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        flush()
        resumeScan()
        updateReading()
        context.fireChannelWritabilityChanged()
    }

    // MARK: Closing

    private func closeSlowReader() {
        drop("slow_reader")
        submit()
        outbox.discardBacklog()
        send(.notice("error: too slow, more than \(shared.limits.maximumBacklogBytes) bytes were waiting to be read"))
        close(.policyViolation, "error: slow reader", timeout: Outbox.slowCloseTimeout)
    }

    /// Ends the session of a key that is no member any more.
    func expel() {
        send(.notice("restricted: no longer a relay member"))
        close(.policyViolation, "restricted: no longer a relay member")
    }

    /// Closes with 1012 as soon as nothing is on its way.
    func drain() {
        isDraining = true
        finishDraining()
    }

    func finishDraining() {
        if isDraining, machine.isIdle || scan != nil { close(.serviceRestart, "the relay is restarting") }
    }

    func close(
        _ code: WebSocketErrorCode, _ reason: String, timeout: TimeAmount = Outbox.closeTimeout
    ) {
        guard !outbox.isClosing else { return }
        if !reason.isEmpty { closeReason = reason }
        scan = nil
        outbox.close(code, reason, timeout: timeout)
    }
}

extension WebSocketErrorCode {
    /// 1012: the server restarts (IANA WebSocket close code registry).
    static let serviceRestart = WebSocketErrorCode(codeNumber: 1012)
}

extension Transition.Answer {
    /// What is answered when the sequencer's queue is full.
    static let overloaded = Transition.Answer(
        accepted: false, message: "error: the relay is overloaded, try again later")
}
