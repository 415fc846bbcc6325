import Log
import Nostr
import Reducers

/// Everything about one attempt: each request that carries its id, how both ends stood, what was delivered, and what came
/// next.
struct AttemptStory {
    /// One request.
    struct Part {
        var attempt: Attempt
        var requester: Situation.End
        var target: Situation.End?
    }

    var id: Text
    var parts: [Part]
    /// The next attempt between the two keys under another id.
    var next: (decision: Decision, at: Position)?

    init(
        id: Text, requests: [RecordedEntry], in reader: borrowing LogReader, progress: (UInt64, UInt64) -> Void
    ) throws {
        self.id = id
        parts = []
        for entry in requests {
            guard let event = entry.event else { continue }
            let state = try withoutActuallyEscaping(progress) { progress in
                try Replayer.state(of: reader, before: entry.leaf.seq, progress: progress)
            }
            let situation = try Situation(
                event, session: entry.session, at: entry.position, in: state, reader, looksFurther: false)
            guard let attempt = try AttemptReader.attempt(at: entry.leaf.seq, in: reader) else { continue }
            parts.append(Part(attempt: attempt, requester: situation.requester, target: situation.target))
        }
        guard let last = parts.last, let target = last.target?.presence.key else { return }
        next = try Situation.attempt(
            between: last.requester.presence.key, target, after: last.attempt.request, in: reader)
    }
}
