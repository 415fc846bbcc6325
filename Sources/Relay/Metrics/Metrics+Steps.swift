import Nostr
import Reducers

extension Metrics {
    /// Counts what an input came to.
    func count(_ step: Step) {
        let transition = step.transition
        if case .decision(let decision)? = transition.outputs.first {
            let kind = decision.kind.map(\.description) ?? "operator"
            decisions.add("kind=\"\(kind)\",outcome=\"\(decision.outcome.rawValue)\",code=\"\(decision.code)\"")
        } else if let refusal = transition.refusal {
            events.add("outcome=\"refused\",code=\"\(refusal.code)\"")
        } else if transition.storage == .served {
            events.add("outcome=\"accepted\",code=\"served\"")
        }
    }
}

extension Duration {
    /// In seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
