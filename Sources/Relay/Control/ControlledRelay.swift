import Log
import Nostr
import Reducers

/// What the control socket can reach of a running relay.
struct ControlledRelay: Sendable {
    let submit: @Sendable (Submission) -> Bool
    let facts: LiveFacts
    let checkpoints: CheckpointPublisher
    /// The relay's figures as JSON.
    let status: @Sendable () -> [UInt8]

    /// Carries a request out; the answer comes once it is committed.
    func carryOut(_ request: ControlRequest, _ answer: @escaping @Sendable (ControlAnswer) -> Void) {
        switch request {
        case .command(let command): submit(.operatorCommand(command), answer)
        case .policy(let values):
            do {
                submit(.policy(try PolicyChange(values).applied(to: facts.current.policy)), answer)
            } catch {
                answer(ControlAnswer(accepted: false, message: "invalid: \(error.description)"))
            }
        case .event(let bytes):
            do throws(EventError) {
                let event = try Event.parse(bytes, limits: .incoming)
                try event.verify()
                submit(.imported(event), answer)
            } catch {
                answer(ControlAnswer(accepted: false, message: "invalid: \(error.message)"))
            }
        case .erase(let positions, let reason): submit(.erasure(positions, reason: reason), answer)
        case .checkpoint:
            checkpoints.publish { result in
                switch result {
                case .success(let note): answer(ControlAnswer(accepted: true, message: note.text))
                case .failure(let failure):
                    answer(ControlAnswer(accepted: false, message: "error: \(failure.description)"))
                }
            }
        case .archive(let step): submit(.archive(step), answer)
        case .status: answer(ControlAnswer(accepted: true, message: "", result: status()))
        }
    }

    private func submit(_ content: Submission.Content, _ answer: @escaping @Sendable (ControlAnswer) -> Void) {
        let submission = Submission(content: content, sender: .caller { answer(ControlAnswer($0)) })
        if !submit(submission) { answer(ControlAnswer(Transition.Answer.overloaded)) }
    }
}
