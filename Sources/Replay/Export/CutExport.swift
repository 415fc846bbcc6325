import Log
import Nostr
import Reducers

/// Makes a copy of a log that is cut to a range and still verifies.
struct CutExport {
    /// Entries that become durable together.
    private static let entriesPerCommit: UInt64 = 2_000

    let log: EventLog
    let progress: Progress

    /// What a copy has: the range, and the state before it.
    struct Plan {
        /// From an input at which the log commits to its state, to the last entry that follows from an input.
        var range: Range<UInt64>
        var snapshot: (seq: UInt64, bytes: [UInt8])?
        /// Positions outside of the range whose payloads are kept, too: whose log it is, and the policy in force.
        var kept: Set<UInt64> = [0]
    }

    /// Finds the nearest place before a range at which the log commits to its state, and where the range really ends.
    func plan(_ positions: Range<UInt64>) throws -> Plan {
        try log.read { reader in
            var upper = positions.upperBound
            while let leaf = try reader.leaf(at: upper), leaf.type.isOutput { upper += 1 }
            var lower = positions.lowerBound
            while lower > 0, try reader.leaf(at: lower)?.type.isOutput == true { lower -= 1 }
            progress.begin("looking for a state that the log commits to")
            var bound = lower
            while let mark = try latestMark(before: bound, in: reader) {
                if let plan = try plan(from: mark, to: upper, in: reader) { return plan }
                bound = mark
            }
            return Plan(range: 0..<upper)
        }
    }

    private func latestMark(before bound: UInt64, in reader: borrowing LogReader) throws -> UInt64? {
        var found: UInt64?
        try reader.backwards(before: bound, types: [.mark]) { entry in
            found = entry.leaf.seq
            return false
        }
        return found
    }

    /// `nil` if the log does not commit to the state that is computed there, since something was erased shortly before.
    private func plan(from mark: UInt64, to upper: UInt64, in reader: borrowing LogReader) throws -> Plan? {
        var first = mark + 1
        while let leaf = try reader.leaf(at: first), leaf.type.isOutput { first += 1 }
        guard let leaf = try reader.leaf(at: first) else { return nil }
        let state = try Replayer.state(
            of: reader, before: mark + 1, progress: { progress.update($0, of: $1) })
        let snapshot = state.snapshot
        guard try RelayState(snapshot: snapshot).stateRoot == leaf.stateRoot else { return nil }
        return Plan(range: first..<upper, snapshot: (mark, snapshot), kept: [0, state.policySeq])
    }

    /// Makes the copy in a directory that is there.
    func make(_ plan: Plan, in directory: String) throws {
        let copy = try EventLog.open(directory: directory, mode: .readWrite)
        progress.begin("copying")
        let size = try log.read { $0.size }
        var start: UInt64 = 0
        while start < size {
            let end = min(size, start + CutExport.entriesPerCommit)
            let batch = try copy.beginBatch()
            if start == 0 { try batch.begin(Cut(range: plan.range)) }
            try log.read { reader in
                try reader.forEachEntry(from: start, to: end) { entry in
                    try CutExport.append(entry, plan, to: batch)
                    return true
                }
            }
            if let snapshot = plan.snapshot, (start..<end).contains(snapshot.seq) {
                try batch.storeSnapshot(seq: snapshot.seq, bytes: snapshot.bytes)
            }
            try batch.commit()
            progress.update(end, of: size)
            start = end
        }
    }

    private static func append(_ entry: borrowing EntryView, _ plan: Plan, to batch: Batch) throws {
        let seq = entry.leaf.seq
        if try plan.range.contains(seq) || plan.kept.contains(seq) || isCheckpoint(entry) {
            try batch.restore(ExportedEntry(entry))
        } else {
            try batch.withhold(entry.leaf)
        }
    }

    /// Whether it is a published checkpoint, or its event. They hold nothing of anybody, and whoever has the copy wants
    /// to compare its root. Other marks say nothing at all.
    private static func isCheckpoint(_ entry: borrowing EntryView) throws -> Bool {
        switch entry.leaf.type {
        case .mark: return true
        case .relayEvent:
            guard case .output(.event(let event, _)) = try RecordedEntry(entry).content else { return false }
            return event.kind == .logCheckpoint
        default: return false
        }
    }
}
