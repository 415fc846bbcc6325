import Log
import Nostr

/// The witnesses that a relay asks, and how many of them a checkpoint needs (C2SP tlog-policy).
struct Witnesses: Sendable {
    /// Witnesses that are asked at most.
    static let maximum = 32

    /// One of them: where it is, and whose cosignatures may come from there.
    struct Door: Sendable {
        var url: String
        /// Names in the policy, for messages.
        var name: String
        var keys: [WitnessKey]
    }

    let doors: [Door]
    let policy: WitnessPolicy?

    /// No witnesses: a checkpoint is published with the log's own signature alone.
    static let none = Witnesses(doors: [], policy: nil)

    private init(doors: [Door], policy: WitnessPolicy?) {
        self.doors = doors
        self.policy = policy
    }

    /// Reads the policy file.
    ///
    /// - Parameters:
    ///   - urls: where witnesses are whose address the policy does not say.
    ///   - path: the policy; empty for none.
    /// - Throws: `SettingsError` that says what to change.
    init(urls: [String], policyPath path: String) throws(SettingsError) {
        guard !path.isEmpty else {
            guard urls.isEmpty else {
                throw SettingsError(
                    description:
                        "witness needs witness_policy, a file that says whose cosignatures count (C2SP tlog-policy)")
            }
            self = .none
            return
        }
        let bytes = try InputFile.read(path, limit: Witnesses.maximumPolicyBytes)
        let policy: WitnessPolicy
        do throws(ProofError) {
            policy = try WitnessPolicy(parsing: bytes)
        } catch {
            throw SettingsError(description: "witness_policy \(path): \(error.description)")
        }
        let named = policy.witnesses.compactMap { witness in
            witness.url.map { Door(url: $0, name: witness.name, keys: [witness.key]) }
        }
        let nameless = policy.witnesses.filter { $0.url == nil }.map(\.key)
        let given = urls.filter { url in !named.contains { $0.url == url } }
        let others = given.map {
            Door(url: $0, name: $0, keys: nameless.isEmpty ? policy.witnesses.map(\.key) : nameless)
        }
        guard (named + others).count <= Witnesses.maximum else {
            throw SettingsError(description: "more than \(Witnesses.maximum) witnesses")
        }
        guard !(named + others).isEmpty || policy.witnesses.isEmpty else {
            throw SettingsError(
                description:
                    "witness_policy \(path) names witnesses, but nobody says where they are; set witness to their addresses"
            )
        }
        self.init(doors: named + others, policy: policy)
    }

    private static let maximumPolicyBytes = 262_144

    /// Whether a note has the cosignatures that it needs to be published.
    func areEnough(_ note: SignedNote) -> Bool {
        guard let policy else { return true }
        return (try? policy.isSatisfied(by: note)) ?? false
    }
}
