import Nostr

/// An entry that is about to be appended: everything but its position, its time and its commitment.
public struct Draft: Sendable {
    /// What kind of entry it is.
    public var type: EntryType
    /// The leaf's flags.
    public var flags: UInt8
    /// The version of the payload's layout.
    public var schema: UInt16
    /// The position of the type-0 entry whose rules judged it.
    public var rules: UInt32
    /// The members before it.
    public var membersRoot: Bytes32
    /// The state at the latest type-8 entry before it.
    public var stateRoot: Bytes32
    /// The salt of its commitment.
    public var salt: Bytes32
    /// What is committed to.
    public var payload: [UInt8]
    /// How the payload can be stored in less room.
    public var shape: PayloadShape
    /// The event in it, where it has one.
    public var event: EventIndexing?

    /// A draft with these fields.
    public init(
        type: EntryType, flags: UInt8 = 0, schema: UInt16 = 1, rules: UInt32, membersRoot: Bytes32, stateRoot: Bytes32,
        salt: Bytes32, payload: [UInt8], shape: PayloadShape = PayloadShape(), event: EventIndexing? = nil
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

    /// The leaf at a position.
    public func leaf(seq: UInt64, time: Int64) -> Leaf {
        Leaf(
            type: type, flags: flags, schema: schema, seq: seq, time: time, rules: rules,
            commitment: payload.withUnsafeBytes { Commitment.of(payload: $0, salt: salt) }, membersRoot: membersRoot,
            stateRoot: stateRoot)
    }
}

/// How an event is found again.
public struct EventIndexing: Sendable {
    /// The event.
    public var event: Event
    /// Whether subscribers may find it, by the rules of its kind; otherwise it is found by its id only.
    public var served: Bool

    /// Indexing for an event.
    public init(event: Event, served: Bool) {
        self.event = event
        self.served = served
    }
}

/// What became of a draft.
public struct Placement: Equatable, Sendable {
    /// Its position.
    public var seq: UInt64
    /// Whether its event is served from now on: `false` for one that a newer replaceable event outdoes.
    public var isServed: Bool
}
