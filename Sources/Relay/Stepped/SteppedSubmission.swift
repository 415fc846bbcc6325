import Nostr
import Reducers
import Synchronization

/// Something on its way to the sequencer of a stepped relay.
package struct SteppedSubmission {
    let submission: Submission

    init(_ submission: Submission) { self.submission = submission }

    /// The event of a session, if it is one, and the session.
    package var event: (event: Event, session: UInt64)? {
        if case .event(let event, let session) = submission.content { (event, session) } else { nil }
    }

    /// One word for a trace.
    package var name: String {
        let text = String(describing: submission.content)
        return String(text.prefix { $0.isLetter })
    }
}

/// What comes to the sequencer by another way than a session.
package enum SteppedRequest {
    case operatorCommand(OperatorCommand)
    case policy(Policy)
    case imported(Event)
    case erasure([UInt64], reason: String)
    case checkpoint(Text)
    case post(Event, authorization: Event)

    var content: Submission.Content {
        switch self {
        case .operatorCommand(let command): .operatorCommand(command)
        case .policy(let policy): .policy(policy)
        case .imported(let event): .imported(event)
        case .erasure(let positions, let reason): .erasure(positions, reason: reason)
        case .checkpoint(let note): .checkpoint(note)
        case .post(let event, let authorization): .post(event, authorization: authorization)
        }
    }
}

/// A look at one session of a stepped relay, for bounds.
package struct SteppedSession {
    private let session: WebSocketSession

    init(_ session: WebSocketSession) { self.session = session }

    /// Live subscriptions.
    package var subscriptionCount: Int { session.subscriptions.count }
    /// Events that wait for their commit.
    package var inFlight: Int { session.machine.inFlight }
    /// Whether nothing is on its way.
    package var isIdle: Bool { session.machine.isIdle }
}

/// Where the sessions of a stepped relay leave their submissions.
final class SteppedInbox: Sendable {
    private let limit: Int
    private let submissions = Mutex<[Submission]>([])

    init(limit: Int) { self.limit = limit }

    func put(_ more: [Submission]) -> Bool {
        submissions.withLock { all in
            guard all.count + more.count <= limit || more.allSatisfy(\.isEnd) else { return false }
            all += more
            return true
        }
    }

    func take() -> (ends: [Submission], others: [Submission]) {
        let all = submissions.withLock { all in
            defer { all = [] }
            return all
        }
        return (all.filter(\.isEnd), all.filter { !$0.isEnd })
    }
}

extension Submission {
    var endedSession: UInt64? { if case .closed(let session, _) = content { session } else { nil } }
}
