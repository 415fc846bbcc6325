import Nostr

/// What is to become an entry: everything but the position and the time, which the log gives.
public struct Draft: Sendable {
    /// What the entry is.
    public var type: EntryType
    /// See `LeafFlags`.
    public var flags: UInt8
    /// The version of the payload's form.
    public var schema: UInt16
    /// The position of the type-0 entry whose rules judged this, 0 if none did.
    public var rules: UInt32
    /// The root over the direct members before the entry.
    public var membersRoot: Bytes32
    /// The hash of the state at the latest type-8 entry before.
    public var stateRoot: Bytes32
    /// Random for an input; `Commitment.outputSalt` for what follows from one.
    public var salt: Bytes32
    /// The bytes that the leaf commits to.
    public var payload: [UInt8]
    /// What helps to store the payload.
    public var shape: PayloadShape
    /// The event in the payload's document, if it is to be found by its id.
    public var event: EventIndexing?

    /// A draft with these parts.
    public init(
        type: EntryType, flags: UInt8 = 0, schema: UInt16 = 1, rules: UInt32, membersRoot: Bytes32,
        stateRoot: Bytes32, salt: Bytes32, payload: [UInt8], shape: PayloadShape = PayloadShape(),
        event: EventIndexing? = nil
    ) {
        self.type = type
        self.flags = flags
        self.schema = schema
        self.rules = rules
        self.membersRoot = membersRoot
        self.stateRoot = stateRoot
        self.salt = salt
        self.payload = payload
        self.shape = shape
        self.event = event
    }

    /// The leaf that the draft becomes at this position and time.
    public func leaf(seq: UInt64, time: Int64) -> Leaf {
        Leaf(
            type: type, flags: flags, schema: schema, seq: seq, time: time, rules: rules,
            commitment: Commitment.of(payload: payload, salt: salt), membersRoot: membersRoot, stateRoot: stateRoot)
    }
}

/// How an entry's event enters the indexes.
public struct EventIndexing: Sendable {
    /// The event; its raw bytes must be the payload's document.
    public var event: Event
    /// Whether queries find it, as far as its kind allows. If not, it is found by its id only.
    public var served: Bool

    /// The event, and whether queries find it.
    public init(event: Event, served: Bool) {
        self.event = event
        self.served = served
    }
}

/// Where a draft came to stand.
public struct Placed: Equatable, Sendable {
    /// What became of the entry's event.
    public enum Outcome: Equatable, Sendable {
        /// There is none, or it was not to be served.
        case notServed
        /// Queries find it from now on; an ephemeral one is only to be delivered.
        case served
        /// A newer one with the same address (NIP-01: replaceable, addressable) is there already.
        case superseded
        /// An event of the same id is served already.
        case duplicate
        /// A deletion that names it (NIP-09) is there already.
        case deleted
    }

    /// The position.
    public let seq: UInt64
    /// The leaf's hash in the Merkle tree.
    public let leafHash: Bytes32
    /// What became of the entry's event.
    public let outcome: Outcome

    /// Whether the event goes out to subscribers.
    public var isServed: Bool { outcome == .served }
}
