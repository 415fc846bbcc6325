import Log
import Nostr

/// An output as the log holds it: what `Output` was when it was written.
public enum RecordedOutput: Sendable {
    case decision(Decision)
    /// A change of the membership, and the position of the input that caused it.
    case effect(MembershipEffect, cause: UInt64)
    /// An event that the relay signed, and the position of the input that caused it.
    case event(Event, cause: UInt64)

    /// The position of the input that the output follows from.
    public var cause: UInt64 {
        switch self {
        case .decision(let decision): decision.request
        case .effect(_, let cause), .event(_, let cause): cause
        }
    }

    /// Reads an output from an entry; `nil` for an entry that is an input.
    ///
    /// - Throws: `PayloadError` for a payload that no version of this program wrote.
    public init?(type: EntryType, payload: UnsafeRawBufferPointer) throws(PayloadError) {
        switch type {
        case .decision:
            self = .decision(try Decision(payload: payload))
        case .membershipEffect:
            let object = try PayloadObject(Array(payload))
            self = .effect(try MembershipEffect(object), cause: try object.number("cause"))
        case .relayEvent:
            guard let cause = try PayloadHead(payload).cause else { throw PayloadError("it names no cause") }
            self = .event(try Input.relayEvent(payload), cause: cause)
        default:
            return nil
        }
    }
}

/// The fields before the event of a payload that ends in one.
public struct PayloadHead: Equatable, Sendable {
    /// The position of the input that an output follows from.
    public private(set) var cause: UInt64?
    /// What the sender of an event was told, where no decision entry says it.
    public private(set) var answer: Text?

    /// Reads up to the event, or to the end.
    public init(_ payload: UnsafeRawBufferPointer) throws(PayloadError) {
        var reader = JSONReader(payload)
        do {
            try reader.beginObject()
            while let name = try reader.nextKey(), !name.equals("event", in: payload) {
                if name.equals("cause", in: payload) {
                    cause = try reader.unsignedInteger(max: .max)
                } else if name.equals("answer", in: payload) {
                    answer = try reader.text()
                } else {
                    try reader.skipValue()
                }
            }
        } catch {
            throw PayloadError(error)
        }
    }
}

extension MembershipEffect {
    init(_ object: PayloadObject) throws(PayloadError) {
        if object.has("add") {
            self.init(key: try object.key("add"), change: .add(try object.role()))
        } else if object.has("change") {
            self.init(key: try object.key("change"), change: .change(try object.role()))
        } else {
            self.init(key: try object.key("remove"), change: .remove)
        }
    }
}

extension Decision {
    /// Reads the payload of a type-4 entry.
    ///
    /// - Throws: `PayloadError` for a payload that no version of this program wrote.
    public init(payload: UnsafeRawBufferPointer) throws(PayloadError) {
        let object = try PayloadObject(Array(payload))
        let outcome = try object.text("outcome")
        guard let outcome = Outcome(rawValue: outcome.string) else {
            throw PayloadError("outcome \(outcome) is unknown")
        }
        let rules = try RulesVersion.recorded(try object.number("rules"))
        var kind: Kind?
        if object.has("kind") {
            guard let number = UInt16(exactly: try object.number("kind")) else {
                throw PayloadError("kind is too large")
            }
            kind = Kind(number)
        }
        self.init(
            request: try object.number("request"), kind: kind,
            author: object.has("author") ? try object.key("author") : nil,
            target: object.has("target") ? try object.key("target") : nil,
            outcome: outcome, code: try object.text("code").string,
            message: object.has("message") ? try object.text("message").string : "", rules: rules,
            basis: try Basis(try object.object("basis")),
            expiresAt: object.has("expires_at") ? Int64(clamping: try object.number("expires_at")) : nil)
    }
}

extension Decision.Basis {
    init(_ object: JSONObject) throws(PayloadError) {
        guard let policy = object["policy"]?.unsignedInteger else { throw PayloadError("basis names no policy") }
        self.init(
            policy: policy, requester: object["requester"]?.unsignedInteger, target: object["target"]?.unsignedInteger,
            requesterListening: object["requester_listening"]?.unsignedInteger,
            targetListening: object["target_listening"]?.unsignedInteger,
            invite: object["invite"]?.unsignedInteger)
    }
}
