import Log
import Nostr
import Reducers
import Relay
import Replay

/// What is looked at less often, because it reads everything.
enum LogOracle {
    /// Folding the log from entry 0, and from the nearest snapshot, comes to the state that the relay has.
    static func replays(_ relay: SteppedRelay) throws {
        for useSnapshots in [false, true] {
            let state = try relay.log.read { reader in
                try Replayer.state(of: reader, useSnapshots: useSnapshots, onOneCore: true)
            }
            guard state == relay.state, state.encoded() == relay.state.encoded() else {
                throw Violation(
                    .replay, "folded \(useSnapshots ? "from a snapshot" : "from entry 0") the state is another")
            }
        }
    }

    /// What `ringdown-replay verify` says: every decision, output, signature, root and index again.
    static func verify(_ log: EventLog) throws {
        let verification = try Verifier(log).run()
        guard let divergence = verification.divergence else { return }
        throw Violation(.replay, "verify finds: \(divergence)")
    }
}
