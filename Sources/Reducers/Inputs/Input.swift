import Nostr

/// Everything that can enter the log from outside. What follows from an input is an `Output`.
public enum Input: Sendable {
    /// The log's first entry: whose log this is.
    case genesis(Genesis)
    /// The settings from here on.
    case policy(Policy, RulesVersion)
    /// A command by whoever holds the machine.
    case operatorCommand(OperatorCommand)
    /// A call of the management API (NIP-86): its body as it came in, and the event that authorizes it (NIP-98).
    case management(body: [UInt8], authorization: Event)
    /// A signed event as it came in. It has a session, but for a request to join and for what was imported.
    case event(Event, session: UInt64?, door: Door = .webSocket)
    /// A session proved to hold a key (NIP-42); `session` is `nil` for its first key, whose entry names the session.
    case authenticated(Event, session: UInt64?)
    /// The keys for which a session listens for calls, from here on.
    case listening(session: UInt64, keys: [PublicKey])
    /// A session asked for an invite code (NIP-43, kind 28935); the code was drawn for it.
    case inviteRequested(session: UInt64, code: Text)
    /// A session ended.
    case closed(session: UInt64, reason: String)
    /// What became of one event that the relay signed.
    case delivered(Delivery)
    /// What limits turned away before the log.
    case dropped(Dropped)
    /// Somebody read payloads of these entries, which only the owner, admins and auditors may; the event authorized it.
    case disclosed(ClosedRange<UInt64>, authorization: Event)
    /// Payloads of earlier entries are erased.
    case erasure(Erasure)
    /// Time passed, and a rule needs to know.
    case tick
    /// The whole state is hashed here, and a snapshot may be kept.
    case snapshotPoint
    /// The relay started: every session before this is gone.
    case restart
    /// The relay published a checkpoint of this log: the whole signed note.
    case checkpoint(note: Text)
}

/// Whose log this is: the content of entry 0, signed by both keys.
public struct Genesis: Equatable, Sendable {
    /// The log's name in its checkpoints: a schemeless URL and an epoch (AUDIT.md).
    public var origin: String
    /// The key that signs the relay's events.
    public var relay: PublicKey
    /// The log's Ed25519 key, as a note verifier key (C2SP signed-note).
    public var verifierKey: String
    /// The relay key's signature over the statement (BIP-340).
    public var relaySignature: Signature
    /// The log key's Ed25519 signature over the statement, 64 bytes.
    public var logSignature: [UInt8]
    /// The log that this one goes on from, where that one lost what it had signed.
    public var continues: Predecessor?

    /// A log whose tail was lost (AUDIT.md, "Signing without ever lying").
    public struct Predecessor: Equatable, Sendable {
        /// Its last checkpoint, the whole signed note.
        public var checkpoint: Text
        /// How many entries it still had that the checkpoint covers; what the checkpoint counts beyond them is lost.
        public var entries: UInt64

        /// A predecessor.
        public init(checkpoint: Text, entries: UInt64) {
            self.checkpoint = checkpoint
            self.entries = entries
        }
    }

    /// A genesis with both signatures.
    public init(
        origin: String, relay: PublicKey, verifierKey: String, relaySignature: Signature, logSignature: [UInt8],
        continues: Predecessor? = nil
    ) {
        self.continues = continues
        self.origin = origin
        self.relay = relay
        self.verifierKey = verifierKey
        self.relaySignature = relaySignature
        self.logSignature = logSignature
    }
}

/// Where an event came in. The raw values are the words in the log.
public enum Door: String, Sendable, CaseIterable {
    /// A WebSocket connection.
    case webSocket = "ws"
    /// An HTTP request.
    case http
    /// The operator's command line.
    case imported = "import"
}

/// Which payloads are erased, and why.
public struct Erasure: Equatable, Sendable {
    /// Positions whose payloads go, in runs, rising.
    public var runs: [ClosedRange<UInt64>]
    /// Why, in the operator's words.
    public var reason: Text

    /// Runs that one entry names.
    public static let maximumRuns = 4_096
    /// Characters of the reason that are kept.
    public static let maximumReasonCharacters = 500

    /// An erasure of these positions, which must rise.
    public init(positions: [UInt64], reason: Text) {
        var runs: [ClosedRange<UInt64>] = []
        for position in positions {
            if let last = runs.last, last.upperBound + 1 == position {
                runs[runs.count - 1] = last.lowerBound...position
            } else {
                runs.append(position...position)
            }
        }
        self.runs = runs
        self.reason = reason
    }

    init(runs: [ClosedRange<UInt64>], reason: Text) {
        self.runs = runs
        self.reason = reason
    }
}

/// What became of one event that the relay signed.
public struct Delivery: Equatable, Sendable {
    /// The position of the event.
    public var output: UInt64
    /// The sessions to which its bytes were written.
    public var written: [UInt64]
    /// The sessions that wanted it and did not get it.
    public var dropped: [UInt64]

    /// A delivery to these sessions.
    public init(output: UInt64, written: [UInt64], dropped: [UInt64]) {
        self.output = output
        self.written = written
        self.dropped = dropped
    }
}

/// What limits turned away before the log: a count, so that a flood cannot fill the disk.
public struct Dropped: Equatable, Sendable {
    /// Reasons and how often each was given, sorted by reason.
    public var counts: [(reason: String, count: UInt64)]
    /// Some of the keys that were turned away, at most `maximumKeys`.
    public var keys: [PublicKey]

    /// How many keys one entry names.
    public static let maximumKeys = 8
    /// How many reasons one entry counts.
    public static let maximumReasons = 64

    /// A count of what was turned away.
    public init(counts: [String: UInt64], keys: [PublicKey]) {
        self.counts = counts.sorted { Text($0.key) < Text($1.key) }.map { ($0.key, $0.value) }
        self.keys = Array(keys.prefix(Dropped.maximumKeys))
    }

    /// Compares reasons, counts and keys.
    public static func == (left: Dropped, right: Dropped) -> Bool {
        left.keys == right.keys && left.counts.elementsEqual(right.counts) { $0 == $1 }
    }
}
