import Nostr

/// What an input comes to: the answer to its sender, and what follows from it in the log.
public struct Transition: Equatable, Sendable {
    /// What the sender is told: NIP-01's `OK`, or the operator's command line.
    public struct Answer: Equatable, Sendable {
        /// Whether it was accepted.
        public var accepted: Bool
        /// The message, with its machine-readable prefix; empty when there is nothing to say.
        public var message: String
        /// What was asked for, as JSON: the result of a question to the management API (NIP-86).
        public var result: [UInt8]?

        /// An answer with its message.
        public init(accepted: Bool, message: String, result: [UInt8]? = nil) {
            self.accepted = accepted
            self.message = message
            self.result = result
        }

        static let accepted = Answer(accepted: true, message: "")
    }

    /// Where an event goes besides the log.
    public enum Storage: Equatable, Sendable {
        /// Found by its id only: commands, requests, reports and whatever was refused.
        case recorded
        /// Served to subscribers, and stored by the rules of its kind.
        case served
    }

    /// The answer to the sender.
    public var answer = Answer.accepted
    /// The refusal behind the answer, when there is one.
    public var refusal: Refusal?
    /// What follows, in the order of its positions, right after the input's own.
    public var outputs: [Output] = []
    /// Whether an event is served.
    public var storage = Storage.recorded
    /// Sessions that end at once: their keys are not let in any more.
    public var ended: [UInt64] = []
    /// The members' root after each effect, where there are several.
    var memberRoots: [Bytes32] = []
    /// What was taken out of a status report.
    var removals = Removals()
}

/// One entry that follows from an input.
public enum Output: Equatable, Sendable {
    case decision(Decision)
    case effect(MembershipEffect)
    case event(UnsignedEvent)
}

extension Transition {
    /// Whether the relay signs an event of that kind.
    public func signs(_ kind: Kind) -> Bool {
        outputs.contains { if case .event(let event) = $0 { event.kind == kind } else { false } }
    }

    /// Whether the membership changes.
    public var changesMembership: Bool {
        outputs.contains { if case .effect = $0 { true } else { false } }
    }

    /// A refusal that is written in the event's own envelope.
    static func refused(_ refusal: Refusal) -> Transition {
        Transition(answer: Answer(accepted: false, message: refusal.message), refusal: refusal)
    }
}
