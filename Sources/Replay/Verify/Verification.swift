import Log
import Nostr

/// What a verification came to.
public struct Verification: Sendable {
    /// The first divergence; `nil` when the log is what it has to be.
    public var divergence: Divergence?
    /// Entries that were found right.
    public var entries: UInt64 = 0
    /// Events that came from clients, refused ones too.
    public var clientEvents: UInt64 = 0
    /// Events that the relay signed.
    public var relayEvents: UInt64 = 0
    /// Signatures that were checked, those of entry 0 included.
    public var signatures: UInt64 = 0
    /// Decisions that were recomputed.
    public var decisions: UInt64 = 0
    /// Decisions by how they ended.
    public var granted: UInt64 = 0
    /// Membership commands that changed something.
    public var applied: UInt64 = 0
    /// Membership commands that asked for what was already so.
    public var unchanged: UInt64 = 0
    /// Requests and commands that were refused.
    public var refused: UInt64 = 0
    /// Entries whose payloads were erased. Their leaves are in the tree.
    public var erased: UInt64 = 0
    /// Inputs that came out otherwise than recorded, for want of what was erased shortly before them.
    public var uncertain: UInt64 = 0
    /// To which range this copy was cut: only that was recomputed. `nil` for a whole log.
    public var cut: Range<UInt64>?
    /// Checkpoints that the log holds.
    public var checkpoints: UInt64 = 0
    /// How many entries the newest of them covers.
    public var checkpointSize: UInt64 = 0
    /// Entries that are archived and not here: only their hashes were looked at.
    public var absent: [AbsentEntries] = []
    /// The first position that was recomputed: 0, or behind the state from which it began because entries are absent.
    public var begins: UInt64 = 0
    /// The root of the tree over all entries.
    public var root = Bytes32.zero
    /// The log's name, the relay's key and the log's key, as entry 0 states them.
    public var origin: String?
    /// The key that signs the relay's events.
    public var relay: PublicKey?
    /// The time of the first entry and of the last, in microseconds since 1970.
    public var times: ClosedRange<Int64>?
    /// How long it took.
    public var elapsed = Duration.zero

    /// Entries per second.
    public var entriesPerSecond: Double {
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        return seconds > 0 ? Double(entries) / seconds : 0
    }
}
