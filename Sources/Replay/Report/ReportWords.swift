import Nostr
import Reducers

/// How a report calls people, and what it says instead of a code.
struct ReportWords {
    let report: Report

    /// A name that a member gave itself, with the key beside it, which nobody can choose.
    func name(_ key: PublicKey?) -> String {
        guard let key else { return "nobody" }
        return report.names[key].map { "\($0) · \(short(key))" } ?? short(key)
    }

    /// For a place where there is little room.
    func brief(_ key: PublicKey) -> String { report.names[key] ?? short(key) }

    /// Keys in the order of their names, as a person looks for them: 2 before 10.
    func sorted(_ keys: some Sequence<PublicKey>) -> [PublicKey] {
        keys.map { (order: ReportWords.order(brief($0)), key: $0) }
            .sorted { ($0.order, $0.key) < ($1.order, $1.key) }.map(\.key)
    }

    /// The name with its numbers filled up with zeros.
    private static func order(_ name: String) -> String {
        let digits = 12
        var result = ""
        var number = ""
        for character in name.lowercased() + "\0" {
            if character.isASCII, character.isNumber {
                number.append(character)
                continue
            }
            if !number.isEmpty { result += String(repeating: "0", count: max(0, digits - number.count)) + number }
            number = ""
            result.append(character)
        }
        return result
    }

    /// The operator has no key.
    func actor(_ key: PublicKey?) -> String { key.map(name) ?? "the operator" }

    private func short(_ key: PublicKey) -> String { key.shortNpub }

    static func day(_ time: Int64) -> String { String(Timestamp.text(time).prefix(10)) }

    static func clock(_ time: Int64) -> String { String(Timestamp.text(time).dropFirst(11).prefix(8)) }

    static func moment(_ time: Int64) -> String { "\(day(time)) \(clock(time)) UTC" }

    static func times(_ count: UInt64) -> String { count == 1 ? "once" : "\(count.grouped) times" }

    /// `1 member`, `2 members`, `2 entries`.
    static func count(_ count: UInt64, _ noun: String) -> String {
        guard count != 1 else { return "1 \(noun)" }
        return "\(count.grouped) \(noun.hasSuffix("try") ? "\(noun.dropLast())ies" : "\(noun)s")"
    }

    /// What a refusal means for somebody who never read the protocol; `nil` for one that explains itself.
    static func meaning(_ code: String?) -> String? {
        code.flatMap { meanings[$0] }
    }

    private static let meanings = [
        "target_not_member": "The other end was not a member of this community at that moment.",
        "requester_not_direct_member": "Who asked was not a member at that moment, or only somebody's delegate.",
        "request_to_self": "A machine asked to be connected with itself.",
        "request_not_fresh": "The request was too old, or the clock of the machine that sent it is wrong.",
        "request_replayed": "The same request had been decided before: somebody sent it twice.",
        "request_rate": "The machine asked too often within one second.",
        "target_rate": "The other end was called too often within one second.",
        "request_malformed": "The request was not written as the protocol wants it.",
        "request_without_target": "The request did not say whom it wanted to reach.",
        "request_target_malformed": "The request named somebody in a way that is no key.",
        "not_authenticated": "The connection had not yet proved whose it was.",
        "author_mismatch": "Somebody sent what another key had signed.",
        "command_not_fresh": "The command was too old, or the sender's clock is wrong.",
        "command_replayed": "The same command had been carried out before.",
        "add_needs_admin": "Only the owner or an admin may add members.",
        "admin_needs_owner": "Only the owner may make somebody an admin.",
        "remove_needs_admin": "Only the owner or an admin may remove members.",
        "admins_by_owner": "Only the owner may remove an admin.",
        "owner_stays": "The owner cannot be removed.",
        "role_needs_owner": "Only the owner may change roles.",
        "subject_not_member": "The command was about somebody who is no member.",
        "not_member": "Strangers may not come in.",
        "banned": "This key is shut out.",
    ]
}
