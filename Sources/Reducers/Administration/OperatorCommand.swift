import Nostr

/// What the operator's command line asks for, or an owner or admin over the management API (NIP-86).
public enum OperatorCommand: Equatable, Sendable {
    case membership(MembershipChange)
    /// Adds many at once, all or none: one new list for all of them.
    case addMembers([NewMember])
    /// Makes a key the owner of a relay that has none.
    case setOwner(PublicKey)
    /// Makes an invite code; only its hash is told.
    case invite(hash: Bytes32, role: Role, uses: Int64, lifetimeSeconds: Int64, label: Text)
    /// Takes an invite code back.
    case revokeInvite(hash: Bytes32)
    /// Shuts a key out: it is no member any more, opens no session, and cannot join.
    case ban(PublicKey, reason: Text)
    case unban(PublicKey)
    /// Takes an event out of what is served.
    case banEvent(EventID, reason: Text)
    /// Puts a kind on the list of those that are taken, or lifts that it is not.
    case allowKind(Kind)
    /// Takes a kind off that list, or says that it is not taken.
    case disallowKind(Kind)
    /// Refuses connections from an address or a network in CIDR notation.
    case blockAddress(Text, reason: Text)
    case unblockAddress(Text)
    /// What the relay calls itself, how it describes itself, and its picture (NIP-11).
    case describe(Moderation.Property, Text)
}

/// Somebody to add.
public struct NewMember: Equatable, Sendable {
    /// Who.
    public var key: PublicKey
    /// As what.
    public var role: Role

    /// Somebody to add.
    public init(key: PublicKey, role: Role) {
        self.key = key
        self.role = role
    }
}

extension OperatorCommand {
    /// How many one command adds.
    public static let maximumNewMembers = 500
    /// Bytes of a reason, a name, a description or an address.
    static let maximumTextBytes = 1_000

    /// The word that names the command in the log and on the control socket.
    public var name: String {
        switch self {
        case .membership(.add): "add"
        case .membership(.remove): "remove"
        case .membership(.changeRole): "role"
        case .addMembers: "add_members"
        case .setOwner: "owner"
        case .invite: "invite"
        case .revokeInvite: "revoke_invite"
        case .ban: "ban"
        case .unban: "unban"
        case .banEvent: "ban_event"
        case .allowKind: "allow_kind"
        case .disallowKind: "disallow_kind"
        case .blockAddress: "block_address"
        case .unblockAddress: "unblock_address"
        case .describe: "describe"
        }
    }

    /// The key that the command is about; `nil` when it is about none.
    public var key: PublicKey? {
        switch self {
        case .membership(let change): change.key
        case .setOwner(let key), .ban(let key, _), .unban(let key): key
        default: nil
        }
    }

    /// Writes the command's fields into the object that `json` is at.
    public func write(to json: inout JSONWriter) {
        json.field("command", name)
        switch self {
        case .membership(.add(let key, let role)), .membership(.changeRole(let key, let role)):
            json.field("key", key)
            json.field("role", role.name)
        case .membership(.remove(let key)), .setOwner(let key), .unban(let key):
            json.field("key", key)
        case .addMembers(let members):
            json.key("members")
            json.beginArray()
            for member in members {
                json.beginArray()
                json.hex(member.key)
                json.string(member.role.name)
                json.endArray()
            }
            json.endArray()
        case .invite(let hash, let role, let uses, let lifetime, let label):
            json.field("hash", hash)
            json.field("role", role.name)
            json.field("uses", uses)
            json.field("lifetime_seconds", lifetime)
            json.field("label", label)
        case .revokeInvite(let hash):
            json.field("hash", hash)
        case .ban(let key, let reason):
            json.field("key", key)
            json.field("reason", reason)
        case .banEvent(let id, let reason):
            json.field("id", id)
            json.field("reason", reason)
        case .allowKind(let kind), .disallowKind(let kind):
            json.field("kind", UInt64(kind.rawValue))
        case .blockAddress(let address, let reason):
            json.field("address", address)
            json.field("reason", reason)
        case .unblockAddress(let address):
            json.field("address", address)
        case .describe(let property, let text):
            json.field("property", property.rawValue)
            json.field("text", text)
        }
    }

    /// The command as one compact JSON object.
    public var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        write(to: &json)
        json.endObject()
        return json.bytes
    }

    /// Reads a command.
    ///
    /// - Throws: `PayloadError` for one that this version does not know, or that lacks a field.
    public init(json: [UInt8]) throws(PayloadError) {
        self = try OperatorCommand(try PayloadObject(json))
    }

    init(_ object: PayloadObject) throws(PayloadError) {
        switch try object.text("command").string {
        case "add": self = .membership(.add(try object.key("key"), try object.grantableRole()))
        case "remove": self = .membership(.remove(try object.key("key")))
        case "role": self = .membership(.changeRole(try object.key("key"), try object.grantableRole()))
        case "add_members": self = .addMembers(try object.newMembers())
        case "owner": self = .setOwner(try object.key("key"))
        case "invite":
            self = .invite(
                hash: try object.key("hash"), role: try object.grantableRole(), uses: try object.signed("uses"),
                lifetimeSeconds: try object.signed("lifetime_seconds"), label: try object.text("label"))
        case "revoke_invite": self = .revokeInvite(hash: try object.key("hash"))
        case "ban": self = .ban(try object.key("key"), reason: try object.text("reason"))
        case "unban": self = .unban(try object.key("key"))
        case "ban_event": self = .banEvent(try object.key("id"), reason: try object.text("reason"))
        case "allow_kind": self = .allowKind(try object.kind())
        case "disallow_kind": self = .disallowKind(try object.kind())
        case "block_address":
            self = .blockAddress(try object.text("address"), reason: try object.text("reason"))
        case "unblock_address": self = .unblockAddress(try object.text("address"))
        case "describe":
            guard let property = Moderation.Property(rawValue: try object.text("property").string) else {
                throw PayloadError("property is unknown")
            }
            self = .describe(property, try object.text("text"))
        case let other: throw PayloadError("command \(other) is unknown")
        }
    }
}

extension PayloadObject {
    fileprivate func newMembers() throws(PayloadError) -> [NewMember] {
        guard case .array(let elements)? = value("members"), elements.count <= OperatorCommand.maximumNewMembers else {
            throw PayloadError("members is not a list of at most \(OperatorCommand.maximumNewMembers)")
        }
        var members: [NewMember] = []
        for element in elements {
            guard let pair = element.arrayValue, pair.count == 2, let hex = pair[0].stringValue,
                let key = PublicKey(hex: hex.string), let role = pair[1].stringValue.flatMap({ Role(name: $0.string) }),
                role != .owner
            else { throw PayloadError("members holds something that is not a key and a role") }
            members.append(NewMember(key: key, role: role))
        }
        return members
    }

    /// A role that can be given: there is one owner, who is made by a command of its own.
    fileprivate func grantableRole() throws(PayloadError) -> Role {
        let role = try role()
        guard role != .owner else { throw PayloadError("nobody can be made owner so") }
        return role
    }

    func kind() throws(PayloadError) -> Kind {
        guard let kind = UInt16(exactly: try number("kind")) else { throw PayloadError("kind is too large") }
        return Kind(kind)
    }

    func signed(_ name: Text) throws(PayloadError) -> Int64 {
        guard let value = Int64(exactly: try number(name)) else { throw PayloadError("\(name) is too large") }
        return value
    }
}
