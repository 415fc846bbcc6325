import Log
import Nostr
import Reducers

/// What can be known of a copy that was cut to a range beside the range itself: whose log it is, that every leaf has its
/// place in the tree and in time, and that the state with which the range begins is the one that its first leaf commits
/// to.
struct CutCheck {
    let log: EventLog
    let cut: Cut

    /// Takes everything before the range.
    ///
    /// - Returns: the first divergence.
    func begin(_ recomputation: inout Recomputation) throws -> Divergence? {
        recomputation.note(cut)
        let first = cut.range.lowerBound
        guard first > 0 else { return nil }
        do {
            try log.read { reader in
                guard let entry = try reader.entry(at: 0), let leaf = try reader.leaf(at: first),
                    case .input(.genesis(let genesis), _) = try RecordedEntry(entry).content
                else {
                    throw Divergence(0, .genesis, expected: "a genesis entry", found: "none: it is not in this copy")
                }
                try recomputation.skim(genesis, entry.leaf)
                try skim(1..<first, &recomputation, reader)
                recomputation.begin(try state(at: leaf, in: reader))
            }
        } catch let divergence as Divergence {
            return divergence
        } catch let error as ReplayError {
            return Divergence(error.seq, .payload, expected: "a payload of its entry's type", found: error.reason)
        } catch let error as LogError {
            guard case .damaged(let seq, let reason) = error else { throw error }
            return Divergence(seq ?? first, .format, expected: "an entry that can be read", found: reason)
        }
        return nil
    }

    /// Takes everything behind the range.
    func finish(_ recomputation: inout Recomputation, _ size: UInt64) throws -> Divergence? {
        do {
            try log.read { try skim(cut.range.upperBound..<size, &recomputation, $0) }
            return nil
        } catch let divergence as Divergence {
            return divergence
        } catch let error as LogError {
            guard case .damaged(let seq, let reason) = error else { throw error }
            return Divergence(seq, .format, expected: "an entry that can be read", found: reason)
        }
    }

    /// The state before the range: nothing is believed that the first leaf of the range does not commit to.
    private func state(at leaf: Leaf, in reader: borrowing LogReader) throws -> RelayState {
        guard let (seq, bytes) = try reader.latestSnapshot(atOrBefore: leaf.seq - 1),
            let state = try? RelayState(snapshot: bytes), state.position?.seq == seq
        else {
            throw Divergence(
                leaf.seq, .stateRoot, expected: "the state before the range", found: "none that can be read")
        }
        guard state.stateRoot == leaf.stateRoot else {
            throw Divergence(
                leaf.seq, .stateRoot, expected: "a state with root \(leaf.stateRoot)",
                found: "one with root \(state.stateRoot)")
        }
        // What lies between follows from the mark, so that the state is that before the range.
        for between in seq + 1..<max(leaf.seq, seq + 1) {
            guard try reader.leaf(at: between)?.type.isOutput == true else {
                throw Divergence(
                    between, .stateRoot, expected: "nothing but what follows from the mark at entry \(seq)",
                    found: "an input that is not in this copy")
            }
        }
        return state
    }

    private func skim(
        _ positions: Range<UInt64>, _ recomputation: inout Recomputation, _ reader: borrowing LogReader
    ) throws {
        try reader.forEachEntry(from: positions.lowerBound, to: positions.upperBound) { entry in
            guard entry.leaf.seq < positions.upperBound else { return false }
            try recomputation.skim(entry.leaf)
            return true
        }
    }
}
