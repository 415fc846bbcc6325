import Log
import Nostr

/// Why a log could not be replayed: the entry, and what is wrong with it.
public struct ReplayError: Error, Equatable, CustomStringConvertible {
    /// The position of the entry.
    public var seq: UInt64
    /// What is wrong with it.
    public var reason: String

    /// Names the entry and the reason.
    public init(seq: UInt64, reason: String) {
        self.seq = seq
        self.reason = reason
    }

    /// The message for a user.
    public var description: String { "entry \(seq): \(reason)" }
}

/// Rebuilds the state from a log: from the nearest snapshot, then entry by entry.
public enum Replayer {
    /// The state after every input before `end`.
    ///
    /// - Parameters:
    ///   - end: the first position that is not applied; `nil` for the whole log.
    ///   - useSnapshots: `false` to start from entry 0 whatever is cached.
    ///   - progress: called now and then with the number of entries done and the number to do.
    /// - Throws: `LogError` or `ReplayError` naming the entry that is damaged or not understood.
    public static func state(
        of reader: borrowing LogReader, before end: UInt64? = nil, useSnapshots: Bool = true,
        progress: ((UInt64, UInt64) -> Void)? = nil
    ) throws -> RelayState {
        let end = min(end ?? reader.size, reader.size)
        var state = RelayState()
        var start: UInt64 = 0
        if useSnapshots, let (seq, snapshot) = try snapshot(in: reader, before: end) {
            state = snapshot
            start = seq + 1
        }
        var gap = ErasureGap()
        var recorder = StateRecorder()
        // What follows from an input is computed, not read, but behind one that was erased.
        try reader.forEachEntry(
            from: start, to: end, checkingCommitments: false,
            skippingPayload: { leaf in leaf.type.isOutput && (leaf.type != .decision || gap.cause == nil) }
        ) { entry in
            let position = Position(seq: entry.leaf.seq, time: entry.leaf.time)
            if gap.hidesRoot {
                state.adopt(pinnedRoot: entry.leaf.stateRoot)
                gap.hidesRoot = false
            }
            if let input = try entry.input() {
                let transition = state.apply(input, at: position, recorder: &recorder)
                if position.time < gap.end {
                    gap.note(transition, at: position)
                    gap.hidesRoot = entry.leaf.type == .mark
                }
            } else if !entry.leaf.type.isOutput {
                state.skip(erasedAt: position, decision: nil)
                gap.note(erasedAt: position, memory: state.memoryMicroseconds)
            } else if gap.cause?.seq == position.seq &- 1, let decision = try entry.decision() {
                gap.settle(decision, in: &state)
            }
            if let progress, entry.leaf.seq.isMultiple(of: progressInterval) {
                progress(entry.leaf.seq - start, end - start)
            }
            return true
        }
        return state
    }

    /// How many entries lie between two calls of a progress handler.
    public static let progressInterval: UInt64 = 4096

    /// The latest snapshot that decodes, covers an entry before `end`, and has the root that the log commits to.
    private static func snapshot(
        in reader: borrowing LogReader, before end: UInt64
    ) throws -> (seq: UInt64, state: RelayState)? {
        var bound = end
        while bound > 0, let (seq, bytes) = try reader.latestSnapshot(atOrBefore: bound - 1) {
            let successor = try seq + 1 < reader.size ? reader.leaf(at: seq + 1) : nil
            if let state = try? RelayState(snapshot: bytes), state.position?.seq == seq,
                successor == nil || successor?.stateRoot == state.stateRoot
            {
                return (seq, state)
            }
            bound = seq
        }
        return nil
    }
}

/// Where a replay goes on without inputs that were erased: decisions are counted there as the log has them.
private struct ErasureGap {
    /// Until when what was erased may matter, by the log's time.
    private(set) var end = Int64.min
    /// The latest input whose decision has to be looked at.
    private(set) var cause: Position?
    /// Whether the root of the latest mark cannot be computed: the next entry tells it.
    var hidesRoot = false
    /// What it came to here; `nil` when it was erased itself.
    private var computed: Decision.Outcome?

    mutating func note(erasedAt position: Position, memory: Int64) {
        end = position.time + memory
        cause = position
        computed = nil
    }

    mutating func note(_ transition: Transition, at position: Position) {
        guard case .decision(let decision)? = transition.outputs.first, decision.kind == .meshConnectRequest else {
            return cause = nil
        }
        cause = position
        computed = decision.outcome
    }

    func settle(_ recorded: Decision, in state: inout RelayState) {
        guard let cause, recorded.kind == .meshConnectRequest else { return }
        if computed == nil {
            state.skip(erasedAt: cause, decision: recorded)
        } else if let computed, computed != recorded.outcome {
            state.adopt(recorded.outcome, insteadOf: computed)
        }
    }
}

extension EntryView {
    /// The decision that the entry holds; `nil` for any other entry.
    func decision() throws(ReplayError) -> Decision? {
        guard leaf.type == .decision, let payload else { return nil }
        do {
            return try Decision(payload: payload)
        } catch {
            throw ReplayError(seq: leaf.seq, reason: error.description)
        }
    }

    /// The input that the entry holds; `nil` for an output, and for an input that was erased.
    ///
    /// What may be erased decides nothing for longer than a few minutes: rate windows, remembered ids, a note. So a
    /// replay goes on without it, and comes to the same state again (docs/design/erasure.md).
    ///
    /// - Throws: `ReplayError` for a payload that is not understood, or that must not be erased.
    public func input() throws(ReplayError) -> Input? {
        guard !leaf.type.isOutput else { return nil }
        guard let payload else {
            guard leaf.flags & LeafFlags.erasable == 0 else { return nil }
            throw ReplayError(seq: leaf.seq, reason: "its payload is missing, and was not one that may be erased")
        }
        do {
            return try Input(type: leaf.type, payload: payload)
        } catch {
            throw ReplayError(seq: leaf.seq, reason: error.description)
        }
    }
}

extension EntryType {
    /// Whether entries of this type follow from the input before them.
    public var isOutput: Bool {
        switch self {
        case .membershipEffect, .decision, .relayEvent: true
        default: false
        }
    }
}
