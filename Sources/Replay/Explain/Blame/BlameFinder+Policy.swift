import Log
import Nostr
import Reducers

extension BlameFinder {
    /// The settings, or one of them: the entries at which a value changed.
    ///
    /// - Throws: `ReplayFailure` for a setting that does not exist.
    func policy(_ setting: String?, in reader: borrowing LogReader) throws -> Blame {
        let chain = try PolicyChain.read(from: state.policySeq, in: reader)
        let values = chain.map { BlameFinder.values($0.policy, rules: $0.rules) }
        if let setting, values.first?.contains(where: { $0.name == setting }) == false {
            let known = values.first?.map(\.name).joined(separator: ", ") ?? ""
            throw ReplayFailure(.negative, "there is no setting \(setting); the settings are: \(known)")
        }
        var blame = Blame(stands: PolicyWords.summary(state.policy, rules: state.rules))
        if let setting {
            let value = values.first?.first { $0.name == setting }?.value ?? "unknown"
            blame.stands = "\(setting) is \(value)"
        }
        for (index, element) in chain.enumerated() {
            let older = index + 1 < values.count ? values[index + 1] : []
            let changes = values[index].compactMap { name, value -> String? in
                guard setting == nil || setting == name else { return nil }
                guard let old = older.first(where: { $0.name == name })?.value else {
                    return setting == nil ? nil : "\(name) set to \(value)"
                }
                return old == value ? nil : "\(name) from \(old) to \(value)"
            }
            guard !changes.isEmpty || (setting == nil && older.isEmpty) else { continue }
            guard blame.links.count < limit else {
                blame.isCut = true
                break
            }
            let change =
                changes.isEmpty ? "the first settings: \(words.text(element.entry))" : changes.joined(separator: ", ")
            blame.links.append(Blame.Link(entry: element.entry, actor: .operator, change: change))
        }
        return blame
    }

    /// Every setting with its value, as the log itself writes it.
    private static func values(_ policy: Policy, rules: RulesVersion) -> [(name: String, value: String)] {
        var values: [(String, String)] = [("rules", String(rules.rawValue))]
        guard let settings = (try? JSONValue.parse(policy.payload(rules: rules)))?["policy"]?.objectValue else {
            return values
        }
        for member in settings.members {
            var json = JSONWriter()
            json.value(member.value)
            values.append((member.key.string, String(decoding: json.bytes, as: UTF8.self)))
        }
        return values
    }
}
