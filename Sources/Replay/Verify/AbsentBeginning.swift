import Log
import Nostr
import Reducers

/// Where a verification begins when archived entries are not here: behind the first state that is kept and that the log
/// commits to. Of what is before it the hashes are checked, and each entry that is there.
struct AbsentBeginning {
    private let log: EventLog
    private let absent: AbsentEntries

    init(_ log: EventLog, absent: AbsentEntries) {
        self.log = log
        self.absent = absent
    }

    /// A recomputation that goes on behind that state.
    func recomputation() throws(Divergence) -> Recomputation {
        do {
            return try log.read { reader in
                let state = try state(reader)
                let genesis = try checkGenesis(reader)
                let end = (state.position?.seq ?? 0) + 1
                var recomputation = Recomputation(
                    behind: state, at: state.position?.time ?? 0, leaves: try leaves(before: end, reader))
                // The checkpoints behind it are signed by the key that entry 0 names.
                if let key = try? VerifierKey(parsing: genesis.verifierKey) { recomputation.trust(key) }
                return recomputation
            }
        } catch let error as Divergence {
            throw error
        } catch {
            let reason = if case .damaged(_, let reason)? = error as? LogError { reason } else { "\(error)" }
            throw Divergence((error as? LogError)?.seq, .format, expected: "entries that can be read", found: reason)
        }
    }

    private func state(_ reader: borrowing LogReader) throws -> RelayState {
        var from = reader.removedEnd - 1
        while let (seq, bytes) = try reader.earliestSnapshot(atOrAfter: from) {
            if let state = try? RelayState(snapshot: bytes), state.position?.seq == seq,
                let next = try reader.leaf(at: seq + 1), next.stateRoot == state.stateRoot
            {
                return state
            }
            from = seq + 1
        }
        throw Divergence(
            nil, .stateRoot, expected: "a kept state that the log commits to, from which to go on",
            found: "none, and \(absent.description)")
    }

    private func checkGenesis(_ reader: borrowing LogReader) throws -> Genesis {
        guard let entry = try reader.entry(at: 0), let payload = entry.payload,
            case .genesis(let genesis)? = try payload.withUnsafeBytes({ try Input(type: entry.leaf.type, payload: $0) })
        else { throw Divergence(0, .genesis, expected: "a genesis entry", found: "another entry") }
        do throws(Divergence.Found) { try GenesisCheck.check(genesis) } catch { throw error.at(0) }
        return genesis
    }

    /// The hashes of all leaves before a position. Each entry that is there gives its own, and its payload is compared
    /// with it.
    private func leaves(before end: UInt64, _ reader: borrowing LogReader) throws -> LeafHashes {
        var leaves = LeafHashes()
        for seq in 0..<end { leaves.append(try reader.leafHash(at: seq)) }
        try reader.forEachEntry(to: end, checkingCommitments: true, absent: { _ in true }) { _ in true }
        return leaves
    }
}
