import Nostr
import Reducers

/// What a recorded decision or answer has that the recomputed one has not.
enum Differences {
    /// One line for each field that differs.
    static func between(
        _ transition: Transition, recorded: Decision?, answer: Text?, input: Input
    ) -> [String] {
        guard let recomputed = transition.decision else {
            var lines: [String] = []
            if recorded != nil { lines.append("a decision is recorded, but the rules make none here") }
            if case .event = input {
                let expected = transition.refusal.map { Text($0.message) }
                if expected != answer {
                    lines.append("answer: recorded \(quoted(answer)), recomputed \(quoted(expected))")
                }
            }
            return lines
        }
        guard let recorded else { return ["no decision is recorded, but the rules make one: \(recomputed.code)"] }
        return fields(recorded, recomputed)
    }

    private static func quoted(_ text: Text?) -> String {
        text.map { "\"\(Printable.text($0))\"" } ?? "none"
    }

    private static func fields(_ recorded: Decision, _ recomputed: Decision) -> [String] {
        func line(_ name: String, _ value: (Decision) -> String?) -> String? {
            let (left, right) = (value(recorded) ?? "none", value(recomputed) ?? "none")
            return left == right ? nil : "\(name): recorded \(left), recomputed \(right)"
        }
        return [
            line("request") { String($0.request) },
            line("kind") { $0.kind?.description },
            line("author") { $0.author?.hex },
            line("target") { $0.target?.hex },
            line("outcome") { $0.outcome.rawValue },
            line("code") { $0.code },
            line("message") { quoted(Text($0.message)) },
            line("rules") { String($0.rules.rawValue) },
            line("basis.policy") { String($0.basis.policy) },
            line("basis.requester") { $0.basis.requester.map(String.init) },
            line("basis.target") { $0.basis.target.map(String.init) },
            line("basis.requester_listening") { $0.basis.requesterListening.map(String.init) },
            line("basis.target_listening") { $0.basis.targetListening.map(String.init) },
            line("expires_at") { $0.expiresAt.map(String.init) },
        ].compactMap { $0 }
    }
}
