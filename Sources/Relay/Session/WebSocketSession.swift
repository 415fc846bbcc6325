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
    let rate: RateLimiter<PublicKey>
    let logger: Logger
    let world: World
    /// Asks `rate`: made once, not for each message.
    let mayPublish: @Sendable (PublicKey) -> Bool

    init(
        relay: PublicKey, limits: ServerLimits, rate: RateLimiter<PublicKey>, logger: Logger, world: World = .real
    ) {
        self.relay = relay
        self.limits = limits
        self.rate = rate
        self.logger = logger
        self.world = world
        mayPublish = { rate.admits($0, at: world.now()) }
    }
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
    /// Whether what a stranger sent waits until strangers' share of the time has room.
    var isHeld = false
    /// What the connection sent and is not a whole message yet; counted in the shard, too.
    private var unfinishedBytes = 0
    /// Whether it sent so much that nothing which still comes is looked at.
    private var isRefused = false
    /// What it sent before a key was proved.
    private var strangerBytes = 0
    /// Whether something was heard since the last ping was due, and whether one was sent that was not answered.
    private var wasHeard = true
    private var isPinged = false
    /// Leaves the line of strangers that make room when there are too many connections.
    private let settle: () -> Void
    /// Events of reconciliations for which this session takes room in its shard.
    var heldEvents = 0
    private var isDraining = false
    private var closeReason = "connection closed"

    /// - Parameter settle: called once, when a key was proved.
    init(shard: Shard, shared: SessionContext, hosts: Set<String>, settle: @escaping () -> Void = {}) {
        self.settle = settle
        self.shard = shard
        self.shared = shared
        machine = SessionMachine(
            authentication: Authentication(hosts: hosts, random: shared.world.random()), limits: shared.limits,
            now: shared.world.seconds)
        outbox = Outbox(maximumBacklog: shared.limits.maximumBacklogBytes, total: shard.backlog)
    }

    /// Whether no key was proved yet.
    var isStranger: Bool { machine.isStranger }

    /// Whether the connection proved to hold this key, given in hex.
    func holds(_ key: Text) -> Bool { machine.keys.contains { Text($0.hex) == key } }

    /// Whether the session is one of those that ended, by their names in the log, and did so before a position.
    func isEnded(before seq: UInt64, in ended: [UInt64: UInt64]) -> Bool {
        machine.name.flatMap { ended[$0] }.map { $0 < seq } ?? false
    }

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
        finishMessage()
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
        case FragmentAssembler.Failure.tooLarge, NIOWebSocketError.invalidFrameLength:
            drop("message_too_large")
            submit()
            close(.messageTooLarge, "a message has at most \(shared.limits.maximumMessageBytes) bytes")
        case is NIOWebSocketError, is FragmentAssembler.Failure, is FrameRules.Violation:
            drop("broken_framing")
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
        wasHeard = true
        switch frame.opcode {
        case .text:
            finishMessage()
            receiveText(frame)
        case .ping: outbox.append(opcode: .pong, frame.unmaskedData)
        case .pong: break
        case .connectionClose:
            closeReason = "closed by the client"
            outbox.close(.normalClosure, "", isAnswer: true)
        default:
            finishMessage()
            drop("unreadable_message")
            send(.notice("invalid: only text frames are understood"))
            countFault()
        }
    }

    /// Learns what came from the socket before it is taken for frames; `false` when it is not to be looked at.
    func admit(byteCount: Int) -> Bool {
        guard id != nil, !isRefused else { return false }
        guard !outbox.isClosing else { return true }
        unfinishedBytes += byteCount
        shard.unfinishedBytes += byteCount
        if machine.isStranger {
            strangerBytes += byteCount
            if strangerBytes > shared.limits.maximumStrangerBytes {
                let most = shared.limits.maximumStrangerBytes
                return refuse("unauthenticated_bytes", "auth-required: more than \(most) bytes before AUTH")
            }
        }
        // One message alone always has room.
        if shard.unfinishedBytes > shard.maximumUnfinishedBytes, unfinishedBytes > byteCount {
            return refuse("unfinished_bytes", "error: too many unfinished messages, try again later")
        }
        return true
    }

    private func refuse(_ reason: String, _ message: String) -> Bool {
        isRefused = true
        drop(reason)
        send(.notice(message))
        close(.policyViolation, message)
        flush()
        finishMessage()
        return false
    }

    private func finishMessage() {
        shard.unfinishedBytes -= unfinishedBytes
        unfinishedBytes = 0
    }

    /// Pings who was silent, and gives up who did not answer the last ping.
    func beat() {
        guard id != nil, !outbox.isClosing else { return }
        if wasHeard {
            (wasHeard, isPinged) = (false, false)
        } else if isPinged {
            drop("ping_timeout")
            closeReason = "no answer to a ping"
            context?.close(promise: nil)
        } else {
            isPinged = true
            outbox.append(opcode: .ping, ByteBuffer())
            flush()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        submit()
        flush()
        updateReading()
    }

    private func receiveText(_ frame: WebSocketFrame) {
        let message: ClientMessage
        do {
            message = try frame.withUnmaskedBytes { bytes throws(ClientMessageError) in
                try ClientMessage.parse(bytes)
            }
        } catch {
            shared.logger.debug("unreadable message", metadata: ["reason": "\(error)"])
            drop("unreadable_message")
            countFault()
            guard String(validating: frame.unmaskedData.readableBytesView, as: UTF8.self) != nil else {
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

    private func countFault() { step { machine, _, effects in machine.countFault(&effects) } }

    private func drop(_ reason: String) { shard.drops.count(reason) }

    // MARK: Stepping the machine

    private var surroundings: SessionMachine.Surroundings {
        SessionMachine.Surroundings(
            now: shared.world.seconds, relay: shared.relay, isStored: shard.isStored, mayPublish: shared.mayPublish)
    }

    func step(
        _ body: (inout SessionMachine, SessionMachine.Surroundings, inout [SessionMachine.Effect]) -> Void
    ) {
        // What an effect leads to may step the machine again, so the memory is taken, and given back in the end.
        var effects: [SessionMachine.Effect] = []
        swap(&effects, &shard.effects)
        body(&machine, surroundings, &effects)
        for effect in effects { perform(effect) }
        effects.removeAll(keepingCapacity: true)
        swap(&effects, &shard.effects)
        updateTimer()
        holdRoom()
    }

    private func perform(_ effect: SessionMachine.Effect) {
        guard let id else { return }
        switch effect {
        case .send(let message): send(message)
        case .drop(let reason, let key): shard.drops.count(reason, key: key)
        case .yield: shard.turns.later { [weak self] in self?.goOn() }
        case .submit(let content):
            var submission = Submission(content: content, sender: .connection(id))
            if case .event(let event, _) = content, let absence = shard.latestAbsence, absence.id == event.id {
                submission.absentFrom = absence.version
            }
            submissions.append(submission)
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

    private func goOn() {
        guard id != nil else { return }
        step { machine, surroundings, effects in machine.goOn(surroundings, &effects) }
        submit()
        flush()
        updateReading()
        finishDraining()
    }

    func submit() {
        guard !submissions.isEmpty else { return }
        let batch = submissions
        submissions = []
        guard !shard.submit(batch) else { return }
        shared.logger.warning("the sequencer is overloaded")
        for submission in batch {
            drop("overloaded")
            overloaded(submission)
        }
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
        let wasStranger = machine.isStranger
        step { machine, surroundings, effects in machine.replied(reply, surroundings, &effects) }
        if wasStranger, !machine.isStranger { becomeKnown() }
        submit()
        updateReading()
        finishDraining()
    }

    /// Whoever proved a key is read from as members are, and makes no room for strangers.
    private func becomeKnown() {
        settle()
        context?.channel.setOption(.recvAllocator, value: ReadBuffers(capacity: ReadBuffers.capacity))
            .whenFailure { _ in }
    }

    func updateReading() {
        guard let context else { return }
        let wanted = !machine.isSaturated && !outbox.isFull && !isHeld
        if isReading != wanted, context.channel.isActive {
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
