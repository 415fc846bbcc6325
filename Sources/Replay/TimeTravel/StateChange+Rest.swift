import Nostr
import Reducers

/// Invite codes, what is shut out, and what limits remember.
extension StateChange {
    static func invites(_ left: RelayState, _ right: RelayState) -> [StateChange] {
        compare(.invite, left.invites.all, right.invites.all, { .invite($0.hash) }, { $0.seq }) {
            "\($0.uses) to join as \($0.role.name), until \(Timestamp.text(seconds: $0.expiresAt))"
        }
    }

    static func bans(_ left: RelayState, _ right: RelayState) -> [StateChange] {
        let (old, new) = (left.moderation, right.moderation)
        guard old != new else { return [] }
        func words(_ reason: Text) -> String { reason.isEmpty ? "shut out" : Printable.text(reason) }
        var changes = compare(.ban, old.keys, new.keys, { .key($0.subject) }, { $0.seq }) { words($0.reason) }
        changes += compare(.ban, old.events, new.events, { .event($0.subject) }, { $0.seq }) { words($0.reason) }
        changes += compare(.ban, old.addresses, new.addresses, { .name(Printable.text($0.subject)) }, { $0.seq }) {
            words($0.reason)
        }
        func kinds(_ list: [Kind]) -> String { list.isEmpty ? "none" : list.map(\.description).joined(separator: " ") }
        func property(_ name: String, _ before: String?, _ after: String?) {
            guard before != after else { return }
            changes.append(
                StateChange(
                    area: .relay, kind: before == nil ? .added : after == nil ? .removed : .changed,
                    subject: .name(name), before: before, after: after))
        }
        property("allowed kinds", kinds(old.allowedKinds), kinds(new.allowedKinds))
        property("disallowed kinds", kinds(old.disallowedKinds), kinds(new.disallowedKinds))
        for name in Moderation.Property.allCases {
            property(
                name.rawValue, old.properties[name].map { Printable.text($0) },
                new.properties[name].map { Printable.text($0) })
        }
        return changes
    }

    /// Keys that are at a limit now and were not.
    static func limits(_ left: RelayState, _ right: RelayState) -> [StateChange] {
        func full(_ state: RelayState) -> [(PublicKey, String)] {
            let (limits, policy) = (state.limitCounters, state.policy)
            return [
                ("requests", limits.requests, policy.requestsPerSecond),
                ("calls to it", limits.calls, policy.callsPerTargetPerSecond),
                ("reports", limits.reports, policy.reportsPerSecond),
                ("commands", limits.commands, policy.commandsPerSecond),
                ("invite codes", limits.invites, policy.invitesPerDay),
            ].flatMap { name, windows, most in
                windows.filter { $0.count >= most }.map { ($0.key, "all \(most) \(name) of its window used") }
            }
        }
        let before = full(left)
        return full(right).filter { new in !before.contains { $0 == new } }.map { key, words in
            StateChange(area: .limit, kind: .added, subject: .key(key), before: nil, after: words, entry: nil)
        }
    }

    private static func compare<Element: Equatable>(
        _ area: Area, _ left: [Element], _ right: [Element], _ subject: (Element) -> Subject,
        _ entry: (Element) -> UInt64?, _ words: (Element) -> String
    ) -> [StateChange] {
        lists(area, left, right, subject: subject, words: words, entry: entry)
    }
}
