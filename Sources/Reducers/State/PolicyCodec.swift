import Nostr

extension Policy {
    /// How long the payload of a policy entry may be.
    static let maximumPayloadBytes = 65_536

    /// The payload of the entry that puts this policy in force: every setting by name, and the version of the rules.
    public func payload(rules: RulesVersion) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("policy")
        json.beginObject()
        json.field("dialect", dialect.rawValue)
        for flag in Policy.flags {
            json.key(flag.name)
            json.bool(self[keyPath: flag.path])
        }
        json.field("invites", invites.rawValue)
        json.key("endpoint_relays")
        json.beginArray()
        for host in endpointRelays { json.string(host) }
        json.endArray()
        json.key("auditors")
        json.write(auditors)
        for number in Policy.numbers {
            json.key(number.name)
            json.number(self[keyPath: number.path])
        }
        json.endObject()
        json.field("rules", UInt64(rules.rawValue))
        json.endObject()
        return json.bytes
    }

    /// Reads a policy entry. A setting that the entry does not name has its default of version 1; one that this program
    /// does not know means that the log was written by a newer one.
    static func read(_ payload: [UInt8]) throws(PayloadError) -> (policy: Policy, rules: RulesVersion) {
        let object = try PayloadObject(payload)
        let rules = try RulesVersion.recorded(try object.number("rules"))
        var policy = Policy()
        for member in try object.object("policy").members {
            switch (member.key.string, member.value) {
            case ("dialect", .string(let text)):
                guard let dialect = Dialect(rawValue: text.string) else {
                    throw PayloadError("dialect \(text) is unknown")
                }
                policy.dialect = dialect
            case ("invites", .string(let text)):
                guard let right = InviteRight(rawValue: text.string) else {
                    throw PayloadError("invites \(text) is unknown")
                }
                policy.invites = right
            case ("endpoint_relays", .array(let hosts)):
                guard hosts.count <= Policy.maximumEndpointRelays else {
                    throw PayloadError("too many endpoint_relays")
                }
                policy.endpointRelays = hosts.compactMap { $0.stringValue?.string }
            case ("auditors", .array(let keys)):
                policy.auditors = keys.compactMap { $0.stringValue.flatMap { PublicKey(hex: $0.string) } }
                guard keys.count <= Policy.maximumAuditors, policy.auditors.count == keys.count else {
                    throw PayloadError("auditors holds something that is not a key, or too many")
                }
            case (let setting, .bool(let flag)):
                guard policy[flag: setting] != nil else { throw PayloadError("policy setting \(setting) is unknown") }
                policy[flag: setting] = flag
            case (let setting, .number(let text)):
                guard let number = Policy.numbers.first(where: { String(describing: $0.name) == setting }),
                    let value = Int64(text.string), number.range.contains(value)
                else { throw PayloadError("policy setting \(setting) is unknown or out of range") }
                policy[keyPath: number.path] = value
            default:
                throw PayloadError("policy setting \(member.key) is unknown or of the wrong type")
            }
        }
        return (policy, rules)
    }
}
