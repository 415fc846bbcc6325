import Log
import Nostr
import Reducers

/// Tells a log in the words of Snapshots/: the commands alone, since what comes of them is for the rules to say
/// (`RINGDOWN_REWRITE_STORIES=1 swift test --filter Stories` writes it down).
enum Story {
    static func text(of book: LogBook, script: Script, violation: Violation) -> String {
        var lines = ["# Seed \(script.seed): \(violation)"]
        lines += script.actions.map { "#   \($0)" }
        var now = Cast.start
        var names: [UInt64: String] = [:]
        for fact in book.facts {
            guard let input = fact.input, let command = command(input, fact, &names) else { continue }
            if fact.time / 1_000 > now / 1_000 {
                lines += told("clock +\(fact.time / 1_000 - now / 1_000)ms")
                now = fact.time
            }
            lines += told(command)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func told(_ command: String) -> [String] { [command, "----", ""] }

    private static func command(_ input: Input, _ fact: LogBook.Fact, _ names: inout [UInt64: String]) -> String? {
        switch input {
        case .genesis: return nil
        case .policy(let policy, _):
            guard fact.seq > 1 else { return nil }
            return "policy open=\(!policy.requireMembership) private_signaling=\(policy.privateSignaling) "
                + "allow_delegation=\(policy.allowDelegation) dialect=\(policy.dialect.rawValue) "
                + "request_freshness_seconds=\(policy.requestFreshnessSeconds) "
                + "requests_per_second=\(policy.requestsPerSecond) "
                + "calls_per_target_per_second=\(policy.callsPerTargetPerSecond)"
        case .operatorCommand(let command): return told(command)
        case .authenticated(let event, let session):
            let name = session.flatMap { names[$0] } ?? "s\(fact.seq)"
            names[session ?? fact.seq] = name
            let isVouched = event.tags.contains { $0.isNamed("auth") }
            return "session \(name) auth \(Cast.name(event.pubkey))"
                + (isVouched ? " for=\(Cast.people[Cast.voucher].name)" : "")
        case .listening(let session, let keys):
            return "session \(names[session] ?? "gone") listens \(keys.map { Cast.name($0) }.joined(separator: " "))"
        case .closed(let session, _): return "session \(names[session] ?? "gone") closes"
        case .event(let event, let session, _): return told(event, session.flatMap { names[$0] } ?? "gone", fact)
        case .tick: return "tick"
        case .snapshotPoint: return "snapshot"
        case .restart: return "restart"
        default: return nil
        }
    }

    private static func told(_ command: OperatorCommand) -> String? {
        switch command {
        case .setOwner(let key): "operator owner \(Cast.name(key))"
        case .membership(.add(let key, let role)): "operator add \(Cast.name(key)) \(role.name)"
        case .membership(.remove(let key)): "operator remove \(Cast.name(key))"
        case .membership(.changeRole(let key, let role)): "operator role \(Cast.name(key)) \(role.name)"
        case .ban(let key, _): "operator ban \(Cast.name(key))"
        case .unban(let key): "operator unban \(Cast.name(key))"
        default: nil
        }
    }

    private static func told(_ event: Event, _ session: String, _ fact: LogBook.Fact) -> String {
        let author = Cast.name(event.pubkey)
        let subject = event.tags.firstValue(of: "p").map {
            PublicKey(hex: $0.string.lowercased()).map { Cast.name($0) } ?? $0.string
        }
        let age = fact.time / 1_000_000 - event.createdAt
        let aged = age == 0 ? "" : " age=\(age)"
        let role = event.tags.firstValue(of: "role").map { " \($0)" } ?? ""
        let who = "\(session) \(author)"
        switch event.kind {
        case .meshConnectRequest:
            let target = subject.map { "asks \($0)" } ?? "asks nobody p=none"
            return event.content.string.hasPrefix("{")
                ? "\(who) \(target)\(aged) \(event.content)" : "\(who) \(target)\(aged) content=\(event.content)"
        case .addMember: return "\(who) adds \(subject ?? "")\(role)\(aged)"
        case .removeMember: return "\(who) removes \(subject ?? "")\(aged)"
        case .changeRole: return "\(who) roles \(subject ?? "")\(role)\(aged)"
        case .leaveRequest: return "\(who) leaves"
        case .meshStatusReport: return "\(who) reports \(event.content)"
        default:
            let isProtected = event.tags.contains { $0.isNamed("-") }
            let text = event.content.string.split(separator: " ").joined(separator: "-")
            return "\(who) publishes \(event.kind.rawValue) \(text)" + (isProtected ? " protected=true" : "")
        }
    }
}
