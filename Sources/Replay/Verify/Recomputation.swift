import Log
import Nostr
import Reducers

/// Applies every input again, in order: the one part of a verification that cannot be spread over cores.
struct Recomputation {
    private var state = RelayState()
    private var latestTime = Timestamp.range.lowerBound
    /// Until when an input that was erased may matter, by the log's time.
    private var memory = ErasureMemory()
    /// Whether the root of the latest mark could not be computed for want of what was erased: the next entry tells it.
    private var isRootHidden = false
    private(set) var leaves = LeafHashes()
    /// The checkpoints that the log holds of itself; their roots are compared when the tree is known.
    private(set) var checkpoints = HeldCheckpoints()
    private(set) var result = Verification()
    /// The first position that is recomputed.
    private(set) var begins: UInt64 = 0

    init() {}

    /// Goes on behind entries of which only the hashes are here.
    ///
    /// - Parameters:
    ///   - state: what they come to, as the log commits to it.
    ///   - time: the time of the last of them.
    init(behind state: RelayState, at time: Int64, leaves: LeafHashes) {
        self.state = state
        self.leaves = leaves
        latestTime = time
        begins = (state.position?.seq ?? 0) + 1
        result.origin = state.origin
        result.relay = state.relay
    }

    /// Takes over the state before the range that a copy was cut to.
    mutating func begin(_ state: RelayState) { self.state = state }

    /// Takes over the log's key, where entry 0 is not read again.
    mutating func trust(_ key: VerifierKey) { checkpoints.key = key }

    /// Takes an entry into the tree of which only the leaf is there.
    mutating func skim(_ leaf: Leaf) throws(Divergence) {
        try checkTime(leaf, leaf.seq)
        leaves.append(leaf.hash)
    }

    /// Takes entry 0 of a copy that was cut.
    mutating func skim(_ genesis: Genesis, _ leaf: Leaf) throws(Divergence) {
        try checkBeginning(.genesis(genesis), leaf.seq)
        try skim(leaf)
    }

    /// Says to which range the copy was cut.
    mutating func note(_ cut: Cut) { result.cut = cut.range }

    /// Applies the inputs of a chunk, which begins with one and holds all that follows from each.
    ///
    /// - Returns: why it could not go on: an entry that is no input where one has to be, or an input that is damaged.
    mutating func apply(_ chunk: Chunk) -> Divergence? {
        do throws(Divergence) {
            var row = 0
            while row < chunk.count { row += try apply(chunk, row) }
            return nil
        } catch {
            return error
        }
    }

    /// Applies one input; returns how many entries it and what follows from it have to take.
    private mutating func apply(_ chunk: Chunk, _ index: Int) throws(Divergence) -> Int {
        let row = chunk.rows[index]
        let seq = chunk.first + UInt64(index)
        try checkTime(row.leaf, seq)
        if let divergence = chunk.results[index].divergence { throw divergence }
        let position = Position(seq: seq, time: row.leaf.time)
        if isRootHidden {
            state.adopt(pinnedRoot: row.leaf.stateRoot)
            isRootHidden = false
        }
        if case .erased = chunk.results[index].content, !row.leaf.type.isOutput {
            return try skip(chunk, index, position)
        }
        guard case .input(let input) = chunk.results[index].content else {
            throw Divergence(
                seq, .output, expected: "an input: nothing more follows from the one before",
                found: EntryDescription.text(chunk, index))
        }
        try checkBeginning(input, seq)
        memory.pass(to: row.leaf.time, in: state)
        let applied = state.applying(input, at: position)
        let isUncertain = row.leaf.time < memory.end && !applied.transition.changesMembership
        chunk.append(Chunk.Step(row: index, applied: applied, isUncertain: isUncertain))
        count(applied)
        guard isUncertain else {
            let count = 1 + applied.transition.outputs.count
            return count + (row.leaf.time < memory.end ? withdrawnNotes(chunk, behind: index + count) : 0)
        }
        isRootHidden = row.leaf.type == .mark
        let outputs = RecordedOutputs(chunk: chunk, cause: index)
        try outputs.checkGate(state, computed: applied.transition)
        if let recorded = outputs.decision, let computed = applied.transition.decision,
            recorded.kind == .meshConnectRequest, recorded.outcome != computed.outcome
        {
            state.adopt(recorded.outcome, insteadOf: computed.outcome)
        }
        return 1 + outputs.rows.count
    }

    /// How many notes follow that the relay withdrew, and of which nothing is known here: whoever leaves or is removed may
    /// have reported, and the report may have been erased.
    private func withdrawnNotes(_ chunk: Chunk, behind start: Int) -> Int {
        var end = start
        while end < chunk.count, chunk.rows[end].leaf.type == .relayEvent {
            switch chunk.results[end].content {
            case .erased: end += 1
            case .signed(let event) where event.kind == .meshStatus: end += 1
            default: return end - start
            }
        }
        return end - start
    }

    /// Goes on past an erased input and what followed from it.
    private mutating func skip(_ chunk: Chunk, _ index: Int, _ position: Position) throws(Divergence) -> Int {
        let outputs = RecordedOutputs(chunk: chunk, cause: index)
        try outputs.checkGate(state, computed: nil)
        state.skip(erasedAt: position, decision: outputs.decision)
        memory.note(erasedAt: position.time, in: state)
        return 1 + outputs.rows.count
    }

    /// An input's time is never lower than that of the entry before; what follows from it has the same.
    private mutating func checkTime(_ leaf: Leaf, _ seq: UInt64) throws(Divergence) {
        guard Timestamp.range.contains(leaf.time) else {
            throw Divergence(seq, .header, expected: "a time from 1970 to 9999", found: "\(leaf.time) microseconds")
        }
        guard leaf.time >= latestTime else {
            throw Divergence(
                seq, .header,
                expected: "a time not before that of the entry before, \(Timestamp.text(latestTime, .microseconds))",
                found: "\(Timestamp.text(leaf.time, .microseconds)): entries were reordered, or a time was changed")
        }
        latestTime = leaf.time
    }

    /// Entry 0 says whose log this is, and no other entry does.
    private mutating func checkBeginning(_ input: Input, _ seq: UInt64) throws(Divergence) {
        switch (input, seq) {
        case (.genesis(let genesis), 0):
            do throws(Divergence.Found) { try GenesisCheck.check(genesis) } catch { throw error.at(seq) }
            result.signatures += GenesisCheck.signatures
            checkpoints.key = try? VerifierKey(parsing: genesis.verifierKey)
            result.origin = genesis.origin
            result.relay = genesis.relay
        case (.genesis, _):
            throw Divergence(seq, .genesis, expected: "no second beginning", found: "another genesis entry")
        case (.checkpoint(let note), _):
            do throws(Divergence.Found) {
                try checkpoints.take(note.string, at: seq)
            } catch {
                throw error.at(seq)
            }
            result.checkpoints += 1
            result.checkpointSize = checkpoints.latestSize
        case (_, 0):
            throw Divergence(seq, .genesis, expected: "a genesis entry", found: "another input")
        default:
            break
        }
    }

    private mutating func count(_ applied: Applied) {
        let time = applied.position.time
        result.times = (result.times?.lowerBound ?? time)...time
        if case .event = applied.input { result.clientEvents += 1 }
        guard let decision = applied.transition.decision else { return }
        result.decisions += 1
        switch decision.outcome {
        case .granted: result.granted += 1
        case .applied: result.applied += 1
        case .unchanged: result.unchanged += 1
        case .refused: result.refused += 1
        }
    }

    /// Takes a chunk's entries into the tree and the counts, up to the position of a divergence.
    mutating func finish(_ chunk: Chunk, upTo end: UInt64?) {
        if end == nil { result.uncertain += chunk.uncertain }
        let count = end.map { Int($0 - chunk.first) } ?? chunk.count
        result.entries += UInt64(count)
        for tally in chunk.tallies.prefix(count) {
            leaves.append(tally.leafHash)
            result.erased += tally.isErased ? 1 : 0
            result.relayEvents += tally.isRelayEvent ? 1 : 0
            result.signatures += UInt64(tally.signatures)
        }
    }
}
