import Log
import Reducers

/// What the inputs of one commit came to, gathered without a lock and without making names.
struct StepTally {
    private var entries = [UInt64](repeating: 0, count: EntryType.allCases.count)
    private var bytes = [UInt64](repeating: 0, count: EntryType.allCases.count)
    /// Events that were taken, by whether they are served.
    private var taken: (served: UInt64, recorded: UInt64) = (0, 0)
    private var refused: [String: UInt64] = [:]
    private var decisions: [String: UInt64] = [:]

    /// Counts what an input came to.
    mutating func count(_ step: borrowing Step, of input: borrowing Input) {
        for draft in step.drafts {
            entries[Int(draft.type.rawValue)] += 1
            bytes[Int(draft.type.rawValue)] += UInt64(draft.payload.count)
        }
        if case .decision(let decision)? = step.transition.outputs.first {
            let kind = decision.kind.map(\.description) ?? "operator"
            let labels = "kind=\"\(kind)\",outcome=\"\(decision.outcome.rawValue)\",code=\"\(decision.code)\""
            decisions[labels, default: 0] += 1
        } else if input.type == .clientEvent {
            count(step.transition)
        }
    }

    private mutating func count(_ transition: borrowing Transition) {
        if let refusal = transition.refusal {
            refused[refusal.code, default: 0] += 1
        } else if transition.storage == .served {
            taken.served += 1
        } else {
            taken.recorded += 1
        }
    }

    /// Adds everything to the metrics.
    func add(to metrics: Metrics) {
        for type in EntryType.allCases where entries[Int(type.rawValue)] > 0 {
            metrics.appendedEntries.add(type.label, entries[Int(type.rawValue)])
            metrics.appendedBytes.add(type.label, bytes[Int(type.rawValue)])
        }
        if taken.served > 0 { metrics.events.add("outcome=\"accepted\",code=\"served\"", taken.served) }
        if taken.recorded > 0 { metrics.events.add("outcome=\"accepted\",code=\"recorded\"", taken.recorded) }
        for (code, count) in refused { metrics.events.add("outcome=\"refused\",code=\"\(code)\"", count) }
        for (labels, count) in decisions { metrics.decisions.add(labels, count) }
    }
}

extension EntryType {
    /// The class as the metrics name it; AUDIT.md, "NRL1", has the list.
    var label: String {
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
