import Log
import Nostr
import Reducers

extension Sequencer {
    /// What inputs come to while the log cannot be written.
    struct Refusals {
        var outcome: Outcome
        /// What has to be logged once that is possible again.
        var kept: [Submission] = []
        /// How many were refused.
        var count: UInt64 = 0
    }

    /// Answers inputs without the log: refuses what would have to be logged, and says what the state alone can say.
    ///
    /// - Parameter knowsState: whether the state is what the log holds; not so when a step failed half-way.
    mutating func refuse(_ submissions: [Submission], knowsState: Bool) -> Refusals {
        var refusals = Refusals(outcome: emptyOutcome)
        for submission in submissions {
            switch submission.content {
            case .closed, .dropped:
                refusals.kept.append(submission)
            case .listening:
                // Nobody is called meanwhile, so it is early enough on record later.
                refusals.kept.append(Submission(content: submission.content))
                refusals.outcome.reply(to: submission.sender, .listening)
            case .delivered: break
            case .admission(let authorization) where knowsState:
                refusals.outcome.answer(submission.sender, admission(authorization))
            default:
                refusals.count += 1
                refusals.outcome.refuse(submission, .unwritable)
            }
        }
        return refusals
    }
}

extension Sequencer.Outcome {
    fileprivate mutating func refuse(_ submission: Submission, _ answer: Transition.Answer) {
        let sender = submission.sender
        switch submission.content {
        case .event(let event, _): reply(to: sender, .event(event.id, answer))
        case .authenticate(let event, _):
            reply(to: sender, .authenticated(event.id, event.pubkey, answer, session: nil))
        case .join(let event, _): reply(to: sender, .joined(event.id, answer))
        case .invite(_, let subscription): reply(to: sender, .invited(subscription, nil, answer))
        default: break
        }
        self.answer(sender, answer)
    }
}

extension Transition.Answer {
    /// What is answered while the log cannot be written.
    static let unwritable = Transition.Answer(
        accepted: false, message: "error: the relay cannot write its log now, try again later")
}
