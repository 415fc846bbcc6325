import Nostr

/// What an input comes to: the answer to its sender, and what follows from it in the log.
public struct Transition: Equatable, Sendable {
    /// What the sender is told: NIP-01's `OK`, or the operator's command line.
    public struct Answer: Equatable, Sendable {
        /// Whether it was accepted.
        public var accepted: Bool
        /// The message, with its machine-readable prefix; empty when there is nothing to say.
        public var message: String

        /// An answer with its message.
        public init(accepted: Bool, message: String) {
            self.accepted = accepted
            self.message = message
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
    /// A key that stopped being a member: its sessions end at once.
    public var expelled: PublicKey?
}

/// One entry that follows from an input.
public enum Output: Equatable, Sendable {
    case decision(Decision)
    case effect(MembershipEffect)
    case event(UnsignedEvent)
}

extension Transition {
    /// A refusal that is written in the event's own envelope.
    static func refused(_ refusal: Refusal) -> Transition {
        Transition(answer: Answer(accepted: false, message: refusal.message), refusal: refusal)
    }
}
