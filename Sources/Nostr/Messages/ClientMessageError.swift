/// Why a client's message is refused, by how it has to be told. The texts have their prefix.
public enum ClientMessageError: Error, Equatable, Sendable {
    /// An EVENT or AUTH: answer `OK false` if an id could be read, else NOTICE.
    case event(id: EventID?, message: String)
    /// A REQ or COUNT: answer CLOSED.
    case subscription(SubscriptionID, message: String)
    /// A NEG-OPEN or NEG-MSG: answer NEG-ERR, which ends the reconciliation.
    case negentropy(SubscriptionID, message: String)
    /// Anything else: answer NOTICE.
    case notice(message: String)

    /// The text for the client.
    public var message: String {
        switch self {
        case .event(_, let message), .subscription(_, let message), .negentropy(_, let message), .notice(let message):
            message
        }
    }

    /// The answer to the client.
    public var reply: RelayMessage {
        switch self {
        case .event(let id?, let message): .ok(id, accepted: false, message: message)
        case .event(nil, let message), .notice(let message): .notice(message)
        case .subscription(let subscription, let message): .closed(subscription, message: message)
        case .negentropy(let subscription, let message): .negentropyError(subscription, message: message)
        }
    }
}
