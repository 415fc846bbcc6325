import Nostr
import Testing

@testable import Reducers

/// The commands that are no signed events.
extension StoryLine {
    /// `policy NAME=VALUE …`
    func policy(changing current: Policy) throws -> Policy {
        var policy = current
        for (name, value) in options {
            switch name {
            case "dialect": policy.dialect = try #require(Dialect(rawValue: value))
            case "open": policy.requireMembership = value != "true"
            case "invites": policy.invites = try #require(InviteRight(rawValue: value))
            case "endpoint_relays": policy.endpointRelays = value.split(separator: ",").map(String.init)
            case let flag where policy[flag: flag] != nil: policy[flag: flag] = value == "true"
            default:
                try #require(policy[setting: name] != nil, "no setting \(name)")
                policy[setting: name] = Int64(value)
            }
        }
        return policy
    }

    /// `operator owner|add|role|remove|ban|unban NAME [ROLE]`, `operator invites CODE [uses=…] [days=…] [role=…]`, …
    func operatorCommand(_ world: StoryWorld) throws -> OperatorCommand {
        let word = Text(optional(2) ?? "")
        switch self[1] {
        case "invites":
            return .invite(
                hash: Invite.hash(of: word), role: try #require(Role(name: option("role") ?? "member")),
                uses: try #require(Int64(option("uses") ?? "1")),
                lifetimeSeconds: 86_400 * (try #require(Int64(option("days") ?? "7"))),
                label: Text(option("label") ?? ""))
        case "addmany":
            return .addMembers(rest(from: 2).map { NewMember(key: world.key($0).publicKey, role: .member) })
        case "revokes": return .revokeInvite(hash: Invite.hash(of: word))
        case "blocks": return .blockAddress(word, reason: "")
        case "unblocks": return .unblockAddress(word)
        case "names": return .describe(.name, Text(text(from: 2)))
        case "allows": return .allowKind(Kind(try #require(UInt16(self[2]))))
        case "disallows": return .disallowKind(Kind(try #require(UInt16(self[2]))))
        default: break
        }
        let subject = world.key(self[2]).publicKey
        let role = Role(name: optional(3) ?? "member")
        switch self[1] {
        case "owner": return .setOwner(subject)
        case "add": return .membership(.add(subject, try #require(role)))
        case "role": return .membership(.changeRole(subject, try #require(role)))
        case "remove": return .membership(.remove(subject))
        case "ban": return .ban(subject, reason: Text(optional(3) ?? ""))
        case "unban": return .unban(subject)
        default: throw StoryError(description: "no such command: operator \(self[1])")
        }
    }

    /// `manage NAME METHOD [PARAMETER …]`: a call of the management API. Words after an `@` stand for keys.
    func management(_ world: StoryWorld) throws -> Input {
        let author = world.key(self[1])
        var json = JSONWriter()
        json.beginObject()
        json.field("method", self[2])
        json.key("params")
        json.beginArray()
        for word in rest(from: 3) {
            if let number = UInt64(word) {
                json.number(number)
            } else {
                json.string(word.hasPrefix("@") ? world.key(String(word.dropFirst())).publicKey.hex : word)
            }
        }
        json.endArray()
        json.endObject()
        let authorization = UnsignedEvent(
            pubkey: author.publicKey, createdAt: world.now, kind: .httpAuthentication,
            tags: [["u", "http://story"], ["method", "POST"], ["payload", Text(SHA256.hash(json.bytes).hex)]],
            content: "")
        return .management(body: json.bytes, authorization: authorization.signed(by: author))
    }

    /// The tag with which a member vouches for a key (NIP-OA).
    private func vouching(_ world: StoryWorld, for key: PublicKey) throws -> [[Text]] {
        guard let name = option("for") else { return [] }
        let owner = world.key(name)
        let conditions = option("conditions") ?? ""
        let digest = SHA256.hash(Array("nostr:agent-auth:\(key.hex):\(conditions)".utf8))
        return [["auth", Text(owner.publicKey.hex), Text(conditions), Text(owner.sign(digest).hex)]]
    }

    /// `session S auth NAME [for=OWNER] [conditions=…]`, `session S wants CODE`, `session S listens NAME …`, `session S closes`. One that ended begins anew with `auth`.
    func session(_ world: StoryWorld) throws -> Input {
        let id = world.session(self[1])
        switch self[2] {
        case "auth":
            let id = id.flatMap { world.state.sessions[$0]?.id }
            let author = world.key(self[3])
            let proof = UnsignedEvent(
                pubkey: author.publicKey, createdAt: world.now, kind: .clientAuthentication,
                tags: [["relay", "ws://story"], ["challenge", "story"]] + (try vouching(world, for: author.publicKey)),
                content: "")
            return .authenticated(proof.signed(by: author), session: id)
        case "listens":
            return .listening(session: try #require(id), keys: rest(from: 3).map { world.key($0).publicKey })
        case "wants":
            return .inviteRequested(session: id ?? 0, code: Text(self[3]))
        case "closes":
            return .closed(session: try #require(id), reason: "closed by the client")
        default:
            throw StoryError(description: "no such command: session \(self[1]) \(self[2])")
        }
    }
}
