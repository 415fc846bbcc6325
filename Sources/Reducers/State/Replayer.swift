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
    ///   - onOneCore: `true` to leave the other cores to others; it is a long replay only that takes a second one.
    ///   - progress: called now and then with the number of entries done and the number to do.
    /// - Throws: `LogError` or `ReplayError` naming the entry that is damaged or not understood.
    public static func state(
        of reader: borrowing LogReader, before end: UInt64? = nil, useSnapshots: Bool = true,
        onOneCore: Bool = false, progress: ((UInt64, UInt64) -> Void)? = nil
    ) throws -> RelayState {
        let end = min(end ?? reader.size, reader.size)
        var state = RelayState()
        var start: UInt64 = 0
        if useSnapshots, let (seq, snapshot) = try snapshot(in: reader, before: end) {
            state = snapshot
            start = seq + 1
        }
        let isShort = end - start < pipelineMinimum
        let handing = onOneCore || isShort ? nil : pipelineSteps
        return try replay(reader, from: start, to: end, onto: state, handing: handing) {
            progress?($0 - start, end - start)
        }
    }

    /// Entries that are worth two threads: one reads and parses, the other applies.
    private static let pipelineMinimum: UInt64 = 32_768
    /// Steps that one thread hands the other at a time.
    private static let pipelineSteps = 2_048

    /// - Parameter handing: how many steps are handed to a second thread at a time; `nil` to work on this one.
    static func replay(
        _ reader: borrowing LogReader, from start: UInt64, to end: UInt64, onto state: RelayState, handing: Int?,
        progress: (UInt64) -> Void = { _ in }
    ) throws -> RelayState {
        guard let handing else {
            var replay = StateReplay(state)
            var steps: UInt64 = 0
            try forEachStep(reader, from: start, to: end) { step in
                try replay.apply(step)
                steps += 1
                if steps.isMultiple(of: progressInterval) { progress(step.position.seq) }
                return true
            }
            return replay.state
        }
        let worker = ReplayWorker(state)
        var steps: [ReplayStep] = []
        do {
            try forEachStep(reader, from: start, to: end) { step in
                steps.append(step)
                guard steps.count >= handing else { return true }
                progress(step.position.seq)
                let goesOn = worker.take(steps)
                steps = []
                steps.reserveCapacity(handing)
                return goesOn
            }
        } catch {
            // What was wrong before the entry that cannot be read comes first.
            _ = worker.take(steps)
            _ = try worker.finish()
            throw error
        }
        _ = worker.take(steps)
        return try worker.finish()
    }

    /// What entries mean to the state, one after the other. Outputs are computed, not read; but behind an input that was
    /// erased they tell what it came to.
    private static func forEachStep(
        _ reader: borrowing LogReader, from start: UInt64, to end: UInt64, _ body: (ReplayStep) throws -> Bool
    ) throws {
        var isBehindErasure = false
        try reader.forEachEntry(
            from: start, to: end, checkingCommitments: false,
            skippingPayload: { leaf in leaf.type.isOutput && (leaf.type != .decision || !isBehindErasure) }
        ) { entry in
            guard isBehindErasure || !entry.leaf.type.isOutput else { return true }
            let step = try ReplayStep(entry)
            if case .erased = step.content { isBehindErasure = true }
            return try body(step)
        }
    }

    /// How many inputs lie between two calls of a progress handler.
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

extension EntryView {
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
