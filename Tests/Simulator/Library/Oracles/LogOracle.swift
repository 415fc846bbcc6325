import Log
import Nostr
import Reducers
import Relay
import Replay

/// What is looked at less often, because it reads everything.
enum LogOracle {
    /// Folding the log from entry 0, and from the nearest snapshot, comes to the state that the relay has.
    static func replays(_ relay: SteppedRelay) throws {
        // What was erased a moment ago may matter to a fold that does not have it; the erasure left a snapshot.
        for useSnapshots in try mattersErased(relay) ? [true] : [false, true] {
            let state = try relay.log.read { reader in
                try Replayer.state(of: reader, useSnapshots: useSnapshots, onOneCore: true)
            }
            guard state == relay.state, state.encoded() == relay.state.encoded() else {
                throw Violation(
                    .replay, "folded \(useSnapshots ? "from a snapshot" : "from entry 0") the state is another")
            }
        }
    }

    /// Whether something that was erased may still matter: what time has passed is forgotten at marks.
    private static func mattersErased(_ relay: SteppedRelay) throws -> Bool {
        var memory = ErasureMemory()
        var latestMark = Int64.min
        try relay.log.read { reader in
            try reader.forEachEntry(checkingCommitments: false) { entry in
                guard !entry.leaf.type.isOutput else { return true }
                if entry.payload == nil {
                    memory.note(erasedAt: entry.leaf.time, in: relay.state)
                } else {
                    memory.pass(to: entry.leaf.time, in: relay.state)
                }
                if entry.leaf.type == .mark { latestMark = entry.leaf.time }
                return true
            }
        }
        return latestMark < memory.end
    }

    /// What `ringdown-replay verify` says: every decision, output, signature, root and index again.
    static func verify(_ log: EventLog) throws {
        let verification = try Verifier(log).run()
        guard let divergence = verification.divergence else { return }
        throw Violation(.replay, "verify finds: \(divergence)")
    }
}
