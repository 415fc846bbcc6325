import Nostr

/// What owner, admins and operator decided besides the membership (NIP-86).
public struct Moderation: Equatable, Sendable {
    /// One thing that is shut out, and why.
    public struct Ban<Subject: Hashable & Sendable>: Equatable, Sendable {
        /// What is shut out.
        public var subject: Subject
        /// Why, in the words of whoever did it.
        public var reason: Text
        /// The position of the entry that did it.
        public var seq: UInt64
    }

    /// What can be changed about how the relay presents itself (NIP-11).
    public enum Property: String, Sendable, CaseIterable {
        case name
        case description
        case icon
    }

    /// Keys, events or addresses that can be shut out, each; and kinds that can be listed.
    public static let maximumBans = 10_000

    /// Keys that open no session and cannot join.
    public internal(set) var keys: [Ban<PublicKey>] = []
    /// Events that were taken out of what is served.
    public internal(set) var events: [Ban<EventID>] = []
    /// Addresses and networks whose connections are refused.
    public internal(set) var addresses: [Ban<Text>] = []
    /// When not empty, the only ordinary kinds that are taken; sorted.
    public internal(set) var allowedKinds: [Kind] = []
    /// Ordinary kinds that are not taken; sorted.
    public internal(set) var disallowedKinds: [Kind] = []
    /// What was changed about the relay's presentation.
    public internal(set) var properties: [Property: Text] = [:]

    /// Nothing was decided.
    public init() {}

    /// The ban of a key; `nil` when it is not banned.
    public subscript(key: PublicKey) -> Ban<PublicKey>? { keys.first { $0.subject == key } }

    /// Whether ordinary events of that kind are taken.
    public func takes(_ kind: Kind) -> Bool {
        !disallowedKinds.contains(kind) && (allowedKinds.isEmpty || allowedKinds.contains(kind))
    }
}

extension [Kind] {
    /// Puts a kind at its place; `false` when it is there.
    mutating func insertSorted(_ kind: Kind) -> Bool {
        guard !contains(kind) else { return false }
        insert(kind, at: firstIndex { $0.rawValue > kind.rawValue } ?? endIndex)
        return true
    }

    /// Takes a kind out; `false` when it is not there.
    mutating func remove(_ kind: Kind) -> Bool {
        guard let index = firstIndex(of: kind) else { return false }
        remove(at: index)
        return true
    }
}

extension Moderation: StateCodable {
    func encode(to encoder: inout StateEncoder) {
        encoder.bans(keys) { $0.key($1) }
        encoder.bans(events) { $0.key($1) }
        encoder.bans(addresses) { $0.data($1.utf8) }
        for kinds in [allowedKinds, disallowedKinds] {
            encoder.count(kinds.count)
            for kind in kinds { encoder.number(UInt64(kind.rawValue)) }
        }
        for property in Property.allCases {
            encoder.flag(properties[property] != nil)
            encoder.data((properties[property] ?? "").utf8)
        }
    }

    init(from decoder: inout StateDecoder) throws(StateDecodingError) {
        keys = try decoder.bans { decoder throws(StateDecodingError) in try decoder.key() }
        events = try decoder.bans { decoder throws(StateDecodingError) in try decoder.key() }
        addresses = try decoder.bans { decoder throws(StateDecodingError) in
            Text(validUTF8: try decoder.data(limit: OperatorCommand.maximumTextBytes))
        }
        allowedKinds = try decoder.kinds()
        disallowedKinds = try decoder.kinds()
        for property in Property.allCases {
            let isSet = try decoder.flag()
            let text = Text(validUTF8: try decoder.data(limit: OperatorCommand.maximumTextBytes))
            if isSet { properties[property] = text }
        }
    }
}

extension StateEncoder {
    fileprivate mutating func bans<Subject>(
        _ bans: [Moderation.Ban<Subject>], _ write: (inout StateEncoder, Subject) -> Void
    ) {
        count(bans.count)
        for ban in bans {
            write(&self, ban.subject)
            data(ban.reason.utf8)
            number(ban.seq)
        }
    }
}

extension StateDecoder {
    fileprivate mutating func bans<Subject>(
        _ read: (inout StateDecoder) throws(StateDecodingError) -> Subject
    ) throws(StateDecodingError) -> [Moderation.Ban<Subject>] {
        var bans: [Moderation.Ban<Subject>] = []
        for _ in 0..<(try count(limit: Moderation.maximumBans)) {
            let subject = try read(&self)
            let reason = Text(validUTF8: try data(limit: OperatorCommand.maximumTextBytes))
            bans.append(Moderation.Ban(subject: subject, reason: reason, seq: try number()))
        }
        return bans
    }

    fileprivate mutating func kinds() throws(StateDecodingError) -> [Kind] {
        var kinds: [Kind] = []
        for _ in 0..<(try count(limit: Moderation.maximumBans)) {
            let value = try number()
            guard let kind = UInt16(exactly: value) else { throw .badValue(value) }
            kinds.append(Kind(kind))
        }
        return kinds
    }
}
