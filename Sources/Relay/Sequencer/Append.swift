import Log
import Nostr
import Reducers

extension Batch {
    /// Gives an input its position and time, applies it to the state, and appends it with everything that follows from
    /// it. Adds to `served` the events that are served from now on, once the batch is committed.
    func append(
        _ input: Input, to state: inout RelayState, signedBy secret: SecretKey, in world: World,
        served: inout [LiveEvent]
    ) throws -> Step {
        let (seq, time) = next(now: world.now())
        let step = state.step(input, at: Position(seq: seq, time: time), salt: world.random()) {
            $0.signed(by: secret)
        }
        for draft in step.drafts {
            let placed = try append(draft, time: time)
            if let indexing = draft.event, placed.isServed {
                let event = indexing.event
                let isPrivate = event.kind == .callMeNow && state.policy.privateSignaling
                served.append(LiveEvent(seq: placed.seq, event: event, isPrivate: isPrivate))
            }
        }
        return step
    }

    /// The same where nobody listens.
    func append(
        _ input: Input, to state: inout RelayState, signedBy secret: SecretKey, in world: World
    ) throws -> Step {
        var unheard: [LiveEvent] = []
        return try append(input, to: &state, signedBy: secret, in: world, served: &unheard)
    }
}
