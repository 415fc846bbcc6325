import Nostr
import Reducers

/// A policy in words.
enum PolicyWords {
    /// Dialect, who passes the gate, and every setting that differs from the default.
    static func summary(_ policy: Policy, rules: RulesVersion) -> String {
        var parts = [
            policy.dialect.rawValue, policy.requireMembership ? "membership required" : "open to everybody",
            policy.privateSignaling ? "private signaling" : "signaling seen by all members",
        ]
        if policy.allowDelegation { parts.append("delegated identities may connect") }
        if !policy.endpointHygiene { parts.append("endpoints are passed on as they are") }
        if !policy.endpointRelays.isEmpty {
            parts.append(
                "endpoint relays \(policy.endpointRelays.map { Printable.text(Text($0)) }.joined(separator: " "))")
        }
        if !policy.auditors.isEmpty {
            parts.append("auditors \(policy.auditors.map(\.shortNpub).joined(separator: " "))")
        }
        if policy.invites != Policy().invites { parts.append("invites by \(policy.invites.rawValue)") }
        for setting in Policy.numericSettings {
            guard let value = policy[setting: setting.name], value != setting.value else { continue }
            parts.append("\(setting.name) \(value)")
        }
        return parts.joined(separator: ", ") + ", rules \(rules.rawValue)"
    }
}
