import Nostr

/// Which logs' checkpoints count, and whose cosignatures they need (C2SP tlog-policy).
public struct WitnessPolicy: Sendable {
    /// A log that the policy names.
    public struct Log: Equatable, Sendable {
        /// The key that signs its checkpoints.
        public let key: VerifierKey
        /// Where it is, if the policy says it.
        public let url: String?
    }

    /// A witness that the policy names.
    public struct Witness: Equatable, Sendable {
        /// What the policy calls it.
        public let name: String
        /// The key that signs its cosignatures.
        public let key: WitnessKey
        /// Where to ask it, if the policy says it.
        public let url: String?
    }

    /// A witness, or so many of a group.
    indirect enum Rule: Sendable {
        case witness(Int)
        case group(threshold: Int, members: [Rule])

        func isSatisfied(by cosigned: Set<Int>) -> Bool {
            switch self {
            case .witness(let index): cosigned.contains(index)
            case .group(let threshold, let members):
                members.filter { $0.isSatisfied(by: cosigned) }.count >= threshold
            }
        }
    }

    /// The logs; none if they are known from elsewhere.
    public internal(set) var logs: [Log] = []
    /// The witnesses, in the file's order.
    public internal(set) var witnesses: [Witness] = []
    /// What a checkpoint needs; `nil` if it needs nothing.
    var quorum: Rule?

    /// Which of the policy's witnesses cosigned a note, and whether they are enough.
    public struct Verdict: Equatable, Sendable {
        /// The witnesses whose cosignatures are good, by their names in the policy.
        public let cosigned: [String]
        /// When each of them says that it saw the checkpoint, in seconds since 1970; in the same order.
        public let times: [UInt64]
        /// Whether these are enough.
        public let isSatisfied: Bool
    }

    /// Looks at a note's cosignatures. Those of witnesses that the policy does not name count for nothing.
    ///
    /// - Throws: `ProofError` if one by a witness of the policy is wrong.
    public func verdict(on note: SignedNote) throws(ProofError) -> Verdict {
        var cosigned: Set<Int> = []
        var times: [UInt64] = []
        for (index, witness) in witnesses.enumerated() {
            guard let cosignature = try note.cosignature(by: witness.key) else { continue }
            cosigned.insert(index)
            times.append(cosignature.time)
        }
        return Verdict(
            cosigned: cosigned.sorted().map { witnesses[$0].name }, times: times,
            isSatisfied: quorum?.isSatisfied(by: cosigned) ?? true)
    }

    /// Whether a note has the cosignatures that the policy asks for.
    ///
    /// - Throws: `ProofError` if one by a witness of the policy is wrong.
    public func isSatisfied(by note: SignedNote) throws(ProofError) -> Bool {
        try verdict(on: note).isSatisfied
    }
}
