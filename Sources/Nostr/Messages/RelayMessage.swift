/// What a relay says to a client (NIP-01, NIP-42, NIP-45, NIP-77).
public enum RelayMessage: Equatable, Sendable {
    /// Whether an EVENT or AUTH was accepted, and why.
    case ok(EventID, accepted: Bool, message: String)
    /// An event for a subscription, as its raw JSON.
    case event(SubscriptionID, raw: [UInt8])
    /// All stored events have been sent.
    case endOfStoredEvents(SubscriptionID)
    /// The relay ended or refused a subscription.
    case closed(SubscriptionID, message: String)
    /// A text for people.
    case notice(String)
    /// A challenge to authenticate with.
    case auth(challenge: String)
    /// How many events there are; approximately, if counting ended early and there are more.
    case count(SubscriptionID, Int, isApproximate: Bool = false)
    /// The relay's turn in a reconciliation.
    case negentropyMessage(SubscriptionID, [UInt8])
    /// The relay ended or refused a reconciliation; `limit` is the most events that it would have taken on, where that is
    /// the reason.
    case negentropyError(SubscriptionID, message: String, limit: Int? = nil)

    /// The message's JSON.
    public var bytes: [UInt8] {
        var output: [UInt8] = []
        // Enough for an OK, which is what most messages are.
        output.reserveCapacity(160)
        append(to: &output)
        return output
    }

    /// Appends the message's JSON.
    public func append(to output: inout [UInt8]) {
        var json = JSONWriter(appendingTo: output)
        output = []
        json.beginArray()
        switch self {
        case .ok(let id, let accepted, let message):
            json.raw("\"OK\"")
            json.hex(id)
            json.bool(accepted)
            json.string(message)
        case .event(let subscription, let raw):
            json.raw("\"EVENT\"")
            json.string(subscription.text)
            json.raw(raw)
        case .endOfStoredEvents(let subscription):
            json.raw("\"EOSE\"")
            json.string(subscription.text)
        case .closed(let subscription, let message):
            json.raw("\"CLOSED\"")
            json.string(subscription.text)
            json.string(message)
        case .notice(let message):
            json.raw("\"NOTICE\"")
            json.string(message)
        case .auth(let challenge):
            json.raw("\"AUTH\"")
            json.string(challenge)
        case .count(let subscription, let count, let isApproximate):
            json.raw("\"COUNT\"")
            json.string(subscription.text)
            json.beginObject()
            json.key("count")
            json.number(count)
            if isApproximate { json.field("approximate", true) }
            json.endObject()
        case .negentropyMessage(let subscription, let message):
            json.raw("\"NEG-MSG\"")
            json.string(subscription.text)
            json.string(Hex.encode(message))
        case .negentropyError(let subscription, let message, let limit):
            json.raw("\"NEG-ERR\"")
            json.string(subscription.text)
            json.string(message)
            if let limit { json.number(limit) }
        }
        json.endArray()
        output = json.bytes
    }

    /// What stands before an event's raw JSON in an EVENT message for this subscription, `["EVENT","sub",`; `eventTail`
    /// stands behind it. So one event's bytes can be shared by all who get it.
    public static func eventHead(_ subscription: SubscriptionID) -> [UInt8] {
        var json = JSONWriter()
        json.beginArray()
        json.raw("\"EVENT\"")
        json.string(subscription.text)
        return json.bytes + [0x2c]
    }

    /// What stands behind an event's raw JSON in an EVENT message: `]`.
    public static let eventTail: [UInt8] = [0x5d]
}
