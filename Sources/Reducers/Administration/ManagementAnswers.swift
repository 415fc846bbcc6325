import Nostr

/// What the management API tells (NIP-86).
extension RelayState {
    /// The JSON of a call's result.
    func answer(to question: ManagementCall.Question) -> [UInt8] {
        var json = JSONWriter()
        json.beginArray()
        switch question {
        case .supportedMethods:
            for method in ManagementCall.methods { json.string(method) }
        case .bannedKeys:
            for ban in moderation.keys { json.ban("pubkey", Text(ban.subject.hex), ban.reason) }
        case .allowedKeys:
            for member in membership.members { json.ban("pubkey", Text(member.key.hex), Text(member.role.name)) }
        case .bannedEvents:
            for ban in moderation.events { json.ban("id", Text(ban.subject.hex), ban.reason) }
        case .allowedKinds:
            for kind in moderation.allowedKinds { json.number(UInt64(kind.rawValue)) }
        case .disallowedKinds:
            for kind in moderation.disallowedKinds { json.number(UInt64(kind.rawValue)) }
        case .blockedAddresses:
            for ban in moderation.addresses { json.ban("ip", ban.subject, ban.reason) }
        }
        json.endArray()
        return json.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func ban(_ name: StaticString, _ subject: Text, _ reason: Text) {
        beginObject()
        field(name, subject)
        if !reason.isEmpty { field("reason", reason) }
        endObject()
    }
}
