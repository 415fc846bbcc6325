import Log
import Nostr

/// Checks a note's signatures: the log's own, and those of the witnesses that a policy asks for.
struct NoteCheck {
    /// The log's key, from somebody whom the user trusts.
    let vkey: VerifierKey
    /// Whose cosignatures are asked for; `nil` if nobody's are.
    var policy: WitnessPolicy?

    /// What was found.
    struct Result {
        let checkpoint: Checkpoint
        /// Witnesses whose cosignatures are good, and when they saw the checkpoint, in seconds since 1970.
        let witnesses: [(name: String, time: UInt64)]
    }

    /// - Parameter policyPath: a C2SP tlog-policy file.
    /// - Throws: `ReplayFailure` for a policy that cannot be read or names other logs only.
    init(vkey: VerifierKey, policyPath: String?) throws {
        self.vkey = vkey
        guard let policyPath else { return }
        let file = try SmallFile.bytes(policyPath)
        do throws(ProofError) {
            let policy = try WitnessPolicy(parsing: file)
            self.policy = policy
        } catch {
            throw ReplayFailure(.negative, "\(policyPath): \(error)")
        }
        guard let logs = policy?.logs, !logs.isEmpty, !logs.contains(where: { $0.key == vkey }) else { return }
        throw ReplayFailure(.negative, "\(policyPath) names logs, and this log's key is not among them")
    }

    /// - Throws: `ProofFailure` for a note that is not signed as it has to be.
    func check(_ note: SignedNote) throws(ProofFailure) -> Result {
        let names: String
        do throws(ProofError) {
            let checkpoint = try note.verified(by: vkey)
            guard let policy else { return Result(checkpoint: checkpoint, witnesses: []) }
            let verdict = try policy.verdict(on: note)
            if verdict.isSatisfied {
                return Result(checkpoint: checkpoint, witnesses: Array(zip(verdict.cosigned, verdict.times)))
            }
            names = verdict.cosigned.isEmpty ? "none" : verdict.cosigned.joined(separator: ", ")
        } catch {
            throw ProofFailure("\(error)")
        }
        throw ProofFailure("the checkpoint lacks the witnesses that the policy asks for; it has \(names)")
    }
}
