import Log
import Nostr
import Reducers

/// What a log says followed from one input, where not all of it can be recomputed: the input itself was erased, or one
/// shortly before it.
struct RecordedOutputs {
    let chunk: Chunk
    /// The rows behind the input.
    let rows: Range<Int>

    init(chunk: Chunk, cause: Int) {
        self.chunk = chunk
        let count = chunk.rows[(cause + 1)...].prefix { $0.leaf.type.isOutput }.count
        rows = cause + 1..<cause + 1 + count
    }

    /// The decision, which comes first.
    var decision: Decision? { rows.isEmpty ? nil : chunk.decision(rows.lowerBound) }

    /// Checks what needs nothing that was erased: nobody is rung who does not pass the gate, and nothing happens to the
    /// membership.
    ///
    /// - Parameters:
    ///   - state: the members and the policy at the input.
    ///   - computed: what the input comes to without what was erased; `nil` when the input itself was.
    func checkGate(_ state: RelayState, computed: Transition?) throws(Divergence) {
        let decision = decision
        var isGranted = false
        if let decision, decision.outcome == .granted {
            guard let author = decision.author, let target = decision.target, state.admits(author, target) else {
                throw found(
                    rows.lowerBound, "a grant only where both ends pass the gate", "one for a key that does not")
            }
            isGranted = true
        }
        for row in rows {
            switch chunk.rows[row].leaf.type {
            case .membershipEffect:
                throw found(row, "no change of the membership", "one that nothing caused")
            case .relayEvent:
                guard case .signed(let event) = chunk.results[row].content, event.kind != .meshStatus else { continue }
                let isExpected = computed?.signs(event.kind) ?? false
                guard isExpected || event.kind == .callMeNow && isGranted else {
                    throw found(row, "nothing but a note", "an event of kind \(event.kind) that nothing caused")
                }
            default: continue
            }
        }
    }

    private func found(_ row: Int, _ expected: String, _ found: String) -> Divergence {
        Divergence(chunk.rows[row].leaf.seq, .output, expected: expected, found: found)
    }
}
