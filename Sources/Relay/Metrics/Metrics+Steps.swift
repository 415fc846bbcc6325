import Log
import Reducers

extension Metrics {
    /// Counts what an input came to.
    func count(_ step: Step, of input: Input) {
        count(step.transition, of: input)
        for draft in step.drafts {
            appendedEntries.add(draft.type.label)
            appendedBytes.add(draft.type.label, UInt64(draft.payload.count))
        }
    }

    private func count(_ transition: Transition, of input: Input) {
        if case .decision(let decision)? = transition.outputs.first {
            let kind = decision.kind.map(\.description) ?? "operator"
            decisions.add("kind=\"\(kind)\",outcome=\"\(decision.outcome.rawValue)\",code=\"\(decision.code)\"")
        } else if case .event = input {
            let code = transition.refusal?.code ?? (transition.storage == .served ? "served" : "recorded")
            events.add("outcome=\"\(transition.refusal == nil ? "accepted" : "refused")\",code=\"\(code)\"")
        }
    }
}

extension EntryType {
    /// The class as the metrics name it; AUDIT.md, "NRL1", has the list.
    fileprivate var label: String {
        switch self {
        case .configuration: "class=\"configuration\""
        case .operatorCommand: "class=\"operator_command\""
        case .clientEvent: "class=\"client_event\""
        case .membershipEffect: "class=\"membership_effect\""
        case .decision: "class=\"decision\""
        case .relayEvent: "class=\"relay_event\""
        case .session: "class=\"session\""
        case .erasure: "class=\"erasure\""
        case .mark: "class=\"mark\""
        }
    }
}

extension Duration {
    /// In seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
