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
            default:
                try #require(policy[setting: name] != nil, "no setting \(name)")
                policy[setting: name] = Int64(value)
            }
        }
        return policy
    }

    /// `operator owner|add|role|remove NAME [ROLE]`
    func operatorCommand(_ world: StoryWorld) throws -> OperatorCommand {
        let subject = world.key(self[2]).publicKey
        let role = Role(name: optional(3) ?? "member")
        switch self[1] {
        case "owner": return .setOwner(subject)
        case "add": return .membership(.add(subject, try #require(role)))
        case "role": return .membership(.changeRole(subject, try #require(role)))
        case "remove": return .membership(.remove(subject))
        default: throw StoryError(description: "no such command: operator \(self[1])")
        }
    }

    /// `session S auth NAME`, `session S listens NAME …`, `session S closes`. One that ended begins anew with `auth`.
    func session(_ world: StoryWorld) throws -> Input {
        let id = world.session(self[1])
        switch self[2] {
        case "auth":
            let id = id.flatMap { world.state.sessions[$0]?.id }
            let author = world.key(self[3])
            let proof = UnsignedEvent(
                pubkey: author.publicKey, createdAt: world.now, kind: .clientAuthentication,
                tags: [["relay", "ws://story"], ["challenge", "story"]], content: "")
            return .authenticated(proof.signed(by: author), session: id)
        case "listens":
            return .listening(session: try #require(id), keys: rest(from: 3).map { world.key($0).publicKey })
        case "closes":
            return .closed(session: try #require(id), reason: "closed by the client")
        default:
            throw StoryError(description: "no such command: session \(self[1]) \(self[2])")
        }
    }
}
