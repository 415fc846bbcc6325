import Nostr

/// What was decided about one mesh request or membership command: the content of a type-4 entry.
public struct Decision: Equatable, Sendable {
    /// How it ended.
    public enum Outcome: String, Sendable {
        /// A call: both ends are rung.
        case granted
        /// A command that changed the membership.
        case applied
        /// A command that asked for what is already so.
        case unchanged
        /// Neither: the code says why.
        case refused
    }

    /// The positions of the entries that made the facts a grant stands on.
    public struct Basis: Equatable, Sendable {
        /// The policy in force.
        public var policy: UInt64
        /// What made the requester a member; `nil` when the relay is open to it or it is none.
        public var requester: UInt64?
        /// What made the target a member.
        public var target: UInt64?
        /// Since when the requester listens for calls; `nil` when it does not.
        public var requesterListening: UInt64?
        /// Since when the target listens for calls; `nil` when it does not.
        public var targetListening: UInt64?
        /// What made the invite code with which somebody joined.
        public var invite: UInt64?
    }

    /// The position of the request that was decided.
    public var request: UInt64
    /// The request's kind; `nil` for an operator's command.
    public var kind: Kind?
    /// Who asked; `nil` for the operator.
    public var author: PublicKey?
    /// Whom it is about, where the request got as far as naming one.
    public var target: PublicKey?
    /// How it ended.
    public var outcome: Outcome
    /// A stable name of the reason: a refusal's code, else the outcome's name.
    public var code: String
    /// What the author was told.
    public var message: String
    /// The version of the rules.
    public var rules: RulesVersion
    /// The facts it stands on.
    public var basis: Basis
    /// When the call expires, in seconds since 1970; only for a granted call.
    public var expiresAt: Int64?
}

extension Decision {
    /// The payload of the entry: compact JSON, fields in this order, absent ones left out.
    var payload: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("request", request)
        json.field("kind", kind.map { UInt64($0.rawValue) })
        json.field("author", author)
        json.field("target", target)
        json.key("outcome")
        json.string(outcome.rawValue)
        json.key("code")
        json.string(code)
        if !message.isEmpty {
            json.key("message")
            json.string(message)
        }
        json.field("rules", UInt64(rules.rawValue))
        json.key("basis")
        json.beginObject()
        json.field("policy", basis.policy)
        json.field("requester", basis.requester)
        json.field("target", basis.target)
        json.field("requester_listening", basis.requesterListening)
        json.field("target_listening", basis.targetListening)
        json.field("invite", basis.invite)
        json.endObject()
        json.field("expires_at", expiresAt.map { UInt64($0) })
        json.endObject()
        return json.bytes
    }
}
