import DequeModule
import Nostr
import Reducers

/// One connection as a state machine: it is stepped with messages and replies, and says what is to be done.
///
/// It does no I/O of its own. The order of a connection's messages is kept: events follow each other without waiting, but
/// anything else waits until what came before it is done, so a client may send AUTH and REQ in one breath, and a REQ sees
/// the events that the same client sent before it.
struct SessionMachine {
    /// What the connection's owner has to do, in this order.
    enum Effect {
        /// Send a relay message.
        case send(RelayMessage)
        /// Hand an input to the sequencer.
        case submit(Submission.Content)
        /// Count what was turned away, and whose it was if a signature was good.
        case drop(String, PublicKey?)
        /// Come back to `goOn` when others had their turn.
        case yield
        /// Replace or begin a live subscription.
        case subscribe(SubscriptionID, [Filter])
        /// End a live subscription.
        case unsubscribe(SubscriptionID)
        /// Send the stored events of a subscription, then tell the machine that it is done.
        case query(SubscriptionID, [Filter])
        /// Count stored events, then tell the machine.
        case count(SubscriptionID, [Filter])
        /// Gather the stored events that a client wants to reconcile with its own, then tell the machine.
        case gather(SubscriptionID, Filter)
        /// Stop sending, counting or gathering stored events.
        case cancelQuery
        /// Close the connection, with 1008 and a reason.
        case close(String)
    }

    /// What the next message has to wait for.
    enum Waiting: Equatable {
        case nothing
        case authentication
        case listening(SubscriptionID, [Filter])
        case invite(SubscriptionID, [Filter])
        case query(SubscriptionID)
        case count(SubscriptionID)
        case gathering(SubscriptionID, [UInt8])
    }

    /// What an event is checked against besides itself.
    struct Surroundings {
        /// The relay's clock in seconds.
        var now: Int64
        /// The relay's key.
        var relay: PublicKey
        /// Whether an event of that id is stored already: looked up before its signature is checked.
        var isStored: (EventID) -> Bool
        /// Whether a key may publish one more event now: asked, and counted, before anything is done about the event.
        var mayPublish: (PublicKey) -> Bool
    }

    private let authentication: Authentication
    let limits: ServerLimits
    private let startedAt: Int64
    /// The session's name in the log, once a key was authenticated.
    private(set) var name: UInt64?
    /// The keys that the connection proved to hold.
    private(set) var keys: [PublicKey] = []
    /// What a message is told while no key is authenticated. After an authentication that was refused for good, clients
    /// that authenticate by themselves must not be sent to try again.
    private(set) var closedDoor = Refusal.notAuthenticated
    private(set) var subscriptions: [SubscriptionID: [Filter]] = [:]
    /// Events that were handed over and not answered yet.
    private(set) var inFlight = 0
    var waiting = Waiting.nothing
    private var pending: Deque<ClientMessage> = []
    /// Signatures, authentications and messages that were no good.
    private var faults = 0
    /// Whether too many were: nothing that still comes is looked at.
    private var isOver = false
    /// Whether messages wait for the connection's next turn.
    private var hasYielded = false
    /// The keys for which the log says that this session listens.
    private var listening: [PublicKey] = []
    /// The sets that the client compares with its own (NIP-77).
    var reconciliations = Reconciliations()

    /// - Parameter now: the relay's clock in seconds.
    init(authentication: Authentication, limits: ServerLimits, now: Int64) {
        self.authentication = authentication
        self.limits = limits
        startedAt = now
    }

    /// Whether the connection should not be read for now.
    var isSaturated: Bool {
        pending.count >= limits.maximumPendingMessages || inFlight >= limits.maximumInFlight
    }

    /// Whether nothing is on its way: the connection may be closed without an answer getting lost.
    var isIdle: Bool { inFlight == 0 && waiting == .nothing && pending.isEmpty }

    /// Whether no key was proved yet.
    var isStranger: Bool { keys.isEmpty }

    /// The first thing that a client hears (NIP-42).
    var greeting: RelayMessage { .auth(challenge: authentication.challenge.string) }

    // MARK: Messages

    mutating func receive(_ message: ClientMessage, _ surroundings: Surroundings, _ effects: inout [Effect]) {
        // Events one after the other are what nearly all traffic is.
        if case .event(let event) = message, case .nothing = waiting, pending.isEmpty, !isOver, !hasYielded,
            inFlight < limits.maximumInFlight
        {
            return publish(event, surroundings, &effects)
        }
        if pending.isEmpty, waiting.isEnded(by: message) {
            effects.append(.cancelQuery)
            waiting = .nothing
        }
        pending.append(message)
        advance(surroundings, &effects)
    }

    /// Messages of one connection that are handled before others get their turn: as many checks of signatures take about
    /// a millisecond and a half.
    static let messagesPerTurn = 32

    /// Handles waiting messages for as long as they need not wait, and as long as it is the connection's turn.
    mutating func advance(_ surroundings: Surroundings, _ effects: inout [Effect]) {
        var handled = 0
        while !isOver, !hasYielded, let message = pending.first, waiting == .nothing {
            guard handled < SessionMachine.messagesPerTurn else {
                hasYielded = true
                return effects.append(.yield)
            }
            handled += 1
            if case .event(let event) = message {
                guard inFlight < limits.maximumInFlight else { return }
                pending.removeFirst()
                publish(event, surroundings, &effects)
                continue
            }
            guard inFlight == 0 else { return }
            pending.removeFirst()
            switch message {
            case .event: break
            case .auth(let event): authenticate(event, surroundings, &effects)
            case .request(let id, let filters): request(id, filters, surroundings, &effects)
            case .count(let id, let filters): count(id, filters, &effects)
            case .close(let id): close(id, surroundings, &effects)
            case .negentropyOpen(let id, let filter, let message): openReconciliation(id, filter, message, &effects)
            case .negentropyMessage(let id, let message): reconcile(id, message, surroundings, &effects)
            case .negentropyClose(let id): reconciliations.close(id)
            }
        }
    }

    /// It is the connection's turn again.
    mutating func goOn(_ surroundings: Surroundings, _ effects: inout [Effect]) {
        hasYielded = false
        advance(surroundings, &effects)
    }

    /// Counts something that was no good; with too many of them the connection ends.
    mutating func countFault(_ effects: inout [Effect]) {
        faults += 1
        guard faults > limits.maximumFaults, !isOver else { return }
        isOver = true
        pending.removeAll()
        effects.append(.drop("too_many_faults", keys.first))
        effects.append(.close("rate-limited: more than \(limits.maximumFaults) bad signatures or messages"))
    }

    private mutating func publish(_ event: Event, _ surroundings: Surroundings, _ effects: inout [Effect]) {
        guard let name else {
            guard event.kind == .joinRequest else { return refuse(event, closedDoor, &effects) }
            inFlight += 1
            effects.append(.submit(.join(event, .webSocket)))
            return
        }
        guard surroundings.mayPublish(keys.first ?? event.pubkey) else {
            effects.append(.drop("event_rate", keys.first))
            let reason = "rate-limited: more than \(limits.eventsPerSecond) events a second, slow down"
            effects.append(.send(.ok(event.id, accepted: false, message: reason)))
            return
        }
        // Before the signature is checked: it costs a hundred times as much as looking.
        if !event.kind.isDecided, surroundings.isStored(event.id) {
            effects.append(.send(.ok(event.id, accepted: true, message: "duplicate: already have this event")))
            return
        }
        do {
            try event.verify()
        } catch {
            // Who acts for somebody else is told so first (WIRE.md, checks 2 and 3), whatever the signature is worth.
            let isImpostor = event.kind.actsForAuthor && !keys.contains(event.pubkey)
            refuse(event, isImpostor ? .authorMismatch : .invalidEvent(error.message), &effects)
            return countFault(&effects)
        }
        inFlight += 1
        effects.append(.submit(.event(event, session: name)))
    }

    private func refuse(_ event: Event, _ refusal: Refusal, _ effects: inout [Effect]) {
        effects.append(.drop(refusal.code, nil))
        effects.append(.send(.ok(event.id, accepted: false, message: refusal.message)))
    }

    private mutating func authenticate(_ event: Event, _ surroundings: Surroundings, _ effects: inout [Effect]) {
        if let fault = authentication.fault(in: event, now: surroundings.now) {
            effects.append(.drop("auth_invalid", nil))
            effects.append(.send(.ok(event.id, accepted: false, message: fault)))
            return countFault(&effects)
        }
        guard !keys.contains(event.pubkey) else {
            effects.append(.send(.ok(event.id, accepted: true, message: "")))
            return
        }
        waiting = .authentication
        effects.append(.submit(.authenticate(event, session: name)))
    }

    private mutating func request(
        _ id: SubscriptionID, _ filters: [Filter], _ surroundings: Surroundings, _ effects: inout [Effect]
    ) {
        guard mayRead(id, "REQ", filters, &effects) else { return }
        guard subscriptions[id] != nil || subscriptions.count < limits.maximumSubscriptions else {
            let reason = "restricted: a connection has at most \(limits.maximumSubscriptions) subscriptions, close one"
            effects.append(.drop("too_many_subscriptions", keys.first))
            effects.append(.send(.closed(id, message: reason)))
            return
        }
        subscriptions[id] = filters
        effects.append(.subscribe(id, filters))
        if let name, filters.contains(where: { $0.asksForInvite }) {
            waiting = .invite(id, filters)
            effects.append(.submit(.invite(session: name, subscription: id)))
        } else {
            query(id, filters, surroundings, &effects)
        }
    }

    /// Whether the client may ask the log for this; it was told why, if not.
    func mayRead(_ id: SubscriptionID, _ type: StaticString, _ filters: [Filter], _ effects: inout [Effect]) -> Bool {
        guard name != nil else {
            effects.append(.drop(closedDoor.code, nil))
            effects.append(.send(.closed(id, message: closedDoor.message)))
            return false
        }
        guard filters.count <= limits.maximumFilters else {
            let reason = "invalid: a \(type) has at most \(limits.maximumFilters) filters"
            effects.append(.drop("too_many_filters", keys.first))
            effects.append(.send(.closed(id, message: reason)))
            return false
        }
        return true
    }

    private mutating func query(
        _ id: SubscriptionID, _ filters: [Filter], _ surroundings: Surroundings, _ effects: inout [Effect]
    ) {
        // The stored events come after the log knows who listens: EOSE means that calls will arrive.
        if reportListening(surroundings, &effects) {
            waiting = .listening(id, filters)
        } else {
            waiting = .query(id)
            effects.append(.query(id, filters))
        }
    }

    mutating func close(_ id: SubscriptionID, _ surroundings: Surroundings, _ effects: inout [Effect]) {
        guard subscriptions.removeValue(forKey: id) != nil else { return }
        effects.append(.unsubscribe(id))
        reportListening(surroundings, &effects)
    }

    /// Puts on record for which keys the connection listens for calls, when that changed.
    @discardableResult
    private mutating func reportListening(_ surroundings: Surroundings, _ effects: inout [Effect]) -> Bool {
        guard let name else { return false }
        let now = keys.filter { key in
            subscriptions.values.contains { filters in
                filters.contains { $0.hears(callsTo: key, from: surroundings.relay, at: surroundings.now) }
            }
        }
        guard now != listening else { return false }
        listening = now
        effects.append(.submit(.listening(session: name, keys: now)))
        return true
    }

    // MARK: Replies

    mutating func replied(_ reply: Reply.Content, _ surroundings: Surroundings, _ effects: inout [Effect]) {
        switch reply {
        case .event(let id, let answer), .joined(let id, let answer):
            inFlight -= 1
            effects.append(.send(.ok(id, accepted: answer.accepted, message: answer.message)))
        case .authenticated(let id, let key, let answer, let session):
            waiting = .nothing
            if let session {
                name = session
                keys.append(key)
            } else if answer.message == Refusal.notMember.message {
                closedDoor = .notMember
            }
            effects.append(.send(.ok(id, accepted: answer.accepted, message: answer.message)))
            if !answer.accepted { countFault(&effects) }
            if session != nil, !subscriptions.isEmpty { reportListening(surroundings, &effects) }
        case .invited(let id, let event, let answer):
            guard case .invite(id, let filters) = waiting else { break }
            waiting = .nothing
            if let event {
                effects.append(.send(.event(id, raw: event.raw)))
                query(id, filters, surroundings, &effects)
            } else {
                subscriptions[id] = nil
                effects.append(.unsubscribe(id))
                effects.append(.send(.closed(id, message: answer.message)))
            }
        case .listening:
            // A CLOSE reports without waiting; only a REQ waits for its report.
            if case .listening(let id, let filters) = waiting {
                waiting = .query(id)
                effects.append(.query(id, filters))
            }
        }
        advance(surroundings, &effects)
    }

    /// The stored events of a subscription were sent.
    mutating func queryDone(_ id: SubscriptionID, _ surroundings: Surroundings, _ effects: inout [Effect]) {
        guard waiting == .query(id) else { return }
        waiting = .nothing
        effects.append(.send(.endOfStoredEvents(id)))
        advance(surroundings, &effects)
    }

    // MARK: Time

    /// When `timePassed` has something to do, in seconds; `nil` when nothing is due.
    var deadline: Int64? {
        keys.isEmpty
            ? startedAt + Int64(limits.authenticationSeconds)
            : reconciliations.deadline(after: limits.syncSeconds)
    }

    /// Ends what took too long: a connection that proved no key, and reconciliations that the client left lying.
    mutating func timePassed(_ surroundings: Surroundings, _ effects: inout [Effect]) {
        guard let deadline, deadline <= surroundings.now else { return }
        guard keys.isEmpty else {
            for id in reconciliations.expire(at: surroundings.now, after: limits.syncSeconds) {
                let reason = "closed: nothing was heard for \(limits.syncSeconds) s"
                effects.append(.send(.negentropyError(id, message: reason)))
            }
            return
        }
        let reason =
            closedDoor == .notAuthenticated
            ? "auth-required: not authenticated within \(limits.authenticationSeconds) s" : closedDoor.message
        effects.append(.drop("unauthenticated_timeout", nil))
        effects.append(.send(.notice(reason)))
        effects.append(.close(reason))
    }
}

extension SessionMachine.Waiting {
    /// Whether the client does not want any more what is being waited for.
    fileprivate func isEnded(by message: ClientMessage) -> Bool {
        switch (self, message) {
        case (.query(let id), .close(let closed)), (.count(let id), .close(let closed)): id == closed
        case (.gathering(let id, _), .negentropyClose(let closed)): id == closed
        default: false
        }
    }
}

extension Filter {
    /// Whether the filter asks the relay for an invite code (NIP-43).
    var asksForInvite: Bool { kinds?.contains(.inviteRequest) ?? false }

    /// Whether a call-me-now that the relay signs now for this key would match.
    func hears(callsTo key: PublicKey, from relay: PublicKey, at now: Int64) -> Bool {
        guard ids == nil, kinds?.contains(.callMeNow) ?? true, authors?.contains(relay) ?? true else { return false }
        guard since.map({ $0 <= now }) ?? true, until.map({ $0 >= now }) ?? true else { return false }
        return tags.allSatisfy { $0.letter == UInt8(ascii: "p") && $0.values.contains(Text(key.hex)) }
    }
}
