import Log
import Nostr
import Reducers

/// A connection, wherever it lives: its event loop's shard, and its number there.
struct ConnectionID: Hashable, Sendable {
    var shard: Int
    var number: UInt64
}

/// What a part of the relay hands to the sequencer.
struct Submission: Sendable {
    /// What is to be logged.
    enum Content: Sendable {
        /// A verified event of an authenticated session.
        case event(Event, session: UInt64)
        /// A verified NIP-42 event whose challenge, relay and time were found right.
        case authenticate(Event, session: UInt64?)
        /// The keys for which a session listens for calls, from here on.
        case listening(session: UInt64, keys: [PublicKey])
        case closed(session: UInt64, reason: String)
        case delivered(Delivery)
        case operatorCommand(OperatorCommand)
        /// A request to join, of which nothing was checked yet: most strangers' are not worth it.
        case join(Event, Door)
        /// One verified event that came over HTTP, and the verified NIP-98 event that authorizes it.
        case post(Event, authorization: Event)
        /// A call of the management API (NIP-86) with its verified NIP-98 event.
        case management(body: [UInt8], authorization: Event)
        /// Whether the author of a verified NIP-98 event may read. Nothing is logged.
        case admission(Event)
        /// A session wants an invite code, for a subscription.
        case invite(session: UInt64, subscription: SubscriptionID)
        /// The settings that decisions depend on, from here on.
        case policy(Policy)
        /// A verified event that the operator brings in.
        case imported(Event)
        /// Positions, rising, whose payloads the operator wants erased.
        case erasure([UInt64], reason: String)
        /// A signed note to publish.
        case checkpoint(Text)
        /// The author of a verified NIP-98 event wants to read payloads.
        case disclosure(ClosedRange<UInt64>, authorization: Event)
        /// Entries leave the log for archive files. Nothing is logged.
        case archive(ArchiveStep)
        /// What was turned away before the log and not taken yet.
        case dropped(Drops)
    }

    /// Who waits for the outcome.
    enum Sender: Sendable {
        case none
        case connection(ConnectionID)
        case caller(@Sendable (Transition.Answer) -> Void)
    }

    var content: Content
    var sender = Sender.none
    /// For an event: a version of the log that did not have it.
    var absentFrom: LogVersion?

    /// Whether it says that a session is over.
    var isEnd: Bool { if case .closed = content { true } else { false } }

    /// Whether it should not wait for company: everything but ordinary events, and records of what is over.
    var isUrgent: Bool {
        switch content {
        case .event(let event, _): event.kind.isDecided || event.kind == .meshStatusReport
        case .delivered, .dropped, .closed, .imported, .archive: false
        case .authenticate, .listening, .operatorCommand, .join, .post, .management, .admission, .invite, .policy,
            .erasure, .checkpoint, .disclosure:
            true
        }
    }
}

/// What became of a submission, for the connection that sent it.
struct Reply: Sendable {
    enum Content: Sendable {
        /// NIP-01 `OK` for an event.
        case event(EventID, Transition.Answer)
        /// `OK` for an authentication; `session` names the session when it was accepted.
        case authenticated(EventID, PublicKey, Transition.Answer, session: UInt64?)
        /// `OK` for a request to join.
        case joined(EventID, Transition.Answer)
        /// The invite code that was asked for, or why there is none.
        case invited(SubscriptionID, Event?, Transition.Answer)
        /// The session's listening is on record.
        case listening
    }

    var connection: UInt64
    var content: Content
}

/// An event that became durable and goes to subscribers.
struct LiveEvent: Sendable {
    var seq: UInt64
    var event: Event
    /// Whether it is a call that reaches only sessions of its recipient, by the policy at its position.
    var isPrivate = false
}

/// What one commit means for the shards.
struct CommittedBatch: Sendable {
    /// Replies by shard.
    var replies: [[Reply]]
    /// Events for whoever subscribed, in the order of the log.
    var events: [LiveEvent] = []
    /// Sessions, by their names in the log, whose keys are not let in any more, and from which position on.
    var ended: [UInt64: UInt64] = [:]
    /// The log's size with it.
    var size: UInt64 = 0

    /// Whether it concerns every shard, whoever sent something.
    var isForAll: Bool { !events.isEmpty || !ended.isEmpty }
}
