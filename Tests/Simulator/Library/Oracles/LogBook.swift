import Log
import Nostr
import Reducers

/// The log as somebody reads it who follows it entry by entry, and remembers.
struct LogBook {
    /// One entry.
    struct Fact {
        let seq: UInt64
        let time: Int64
        let type: EntryType
        let leafHash: Bytes32
        let isErasable: Bool
        let isServed: Bool
        let input: Input?
        let output: RecordedOutput?
        /// What the sender was told, where no decision says it.
        let refusal: Text?
        let event: Event?
        /// Whether a call that stands here is for its recipient only.
        let isPrivate: Bool
    }

    private(set) var facts: [Fact] = []
    /// The root of the tree after each entry.
    private(set) var roots: [Bytes32] = []
    /// The state, folded here from what the log holds.
    private(set) var state = RelayState()
    /// Where each event stands that is in the log.
    private(set) var positions: [EventID: UInt64] = [:]
    /// The positions of erased payloads.
    private(set) var erased: Set<UInt64> = []
    /// Events that were sent once more after they were erased: nothing knows them any more, so they are new.
    private(set) var reborn: Set<EventID> = []
    private var frontier = Frontier()
    private var isPrivate = true

    var size: UInt64 { UInt64(facts.count) }

    /// Reads on, and compares the beginning with what was there before.
    mutating func read(_ log: EventLog) throws {
        try log.read { reader in
            guard reader.size >= size else {
                throw Violation(.durability, "the log has \(reader.size) entries, and had \(size)")
            }
            if let last = facts.last, try reader.leaf(at: last.seq)?.hash != last.leafHash {
                throw Violation(.durability, "entry \(last.seq) is another one than it was")
            }
            try reader.forEachEntry(from: size) { entry in
                try take(entry)
                return true
            }
            guard reader.root == frontier.root else {
                throw Violation(.tree, "the root of \(reader.size) entries is not that of their leaves")
            }
        }
    }

    private mutating func place(_ id: EventID, at seq: UInt64) {
        if let old = positions[id] {
            guard erased.contains(old) else { return }
            reborn.insert(id)
        }
        positions[id] = seq
    }

    private mutating func take(_ entry: borrowing EntryView) throws {
        let leaf = entry.leaf
        guard leaf.seq == size else { throw Violation(.tree, "position \(leaf.seq) follows \(size - 1)") }
        guard leaf.time >= facts.last?.time ?? 0 else {
            throw Violation(.time, "entry \(leaf.seq) is older than the one before")
        }
        guard let payload = entry.payload else { throw Violation(.durability, "entry \(leaf.seq) has no payload") }
        let input = try entry.input()
        let output = try RecordedOutput(type: leaf.type, payload: payload)
        var refusal: Text?
        if leaf.type == .clientEvent || leaf.type == .session { refusal = try PayloadHead(payload).answer }
        var event: Event?
        if case .event(let found, _)? = output { event = found }
        if case .event(let found, _, _)? = input { event = found }
        if case .authenticated(let found, _)? = input { event = found }
        if let input { state.apply(input, at: Position(seq: leaf.seq, time: leaf.time)) }
        if case .erasure(let erasure)? = input { for run in erasure.runs { erased.formUnion(run) } }
        if case .policy(let policy, _)? = input { isPrivate = policy.privateSignaling }
        if let event { place(event.id, at: leaf.seq) }
        facts.append(
            Fact(
                seq: leaf.seq, time: leaf.time, type: leaf.type, leafHash: leaf.hash,
                isErasable: leaf.flags & LeafFlags.erasable != 0, isServed: entry.isServedEvent, input: input,
                output: output, refusal: refusal, event: event, isPrivate: isPrivate))
        frontier.append(leaf.hash)
        roots.append(frontier.root)
    }
}
