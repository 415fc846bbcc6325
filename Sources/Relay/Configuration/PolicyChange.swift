import Reducers

/// New values of policy settings, by the names and in the spelling of the configuration.
struct PolicyChange {
    private let values: [(setting: Setting, text: String)]

    init(_ values: [String: String]) throws(SettingsError) {
        var found: [(Setting, String)] = []
        for (name, text) in values.sorted(by: { $0.key < $1.key }) {
            guard let setting = Setting.policy.first(where: { $0.name == name }) else {
                let reason =
                    Setting.named(name) == nil ? "is no setting" : "is not policy: change it in the configuration"
                throw SettingsError(description: "\(name) \(reason); see `ringdown-relay policy show`")
            }
            found.append((setting, text))
        }
        self.values = found
    }

    /// The policy with these values.
    func applied(to policy: Policy) throws(SettingsError) -> Policy {
        var settings = Settings()
        settings.policy = policy
        for (setting, text) in values {
            guard setting.apply(text, &settings) else {
                throw SettingsError(description: "\(setting.name) is \"\(text)\", expected \(setting.expected)")
            }
        }
        try settings.checkTogether()
        return settings.policy
    }

    /// What differs between two policies: name, before, after.
    static func differences(_ old: Policy, _ new: Policy) -> [(name: String, old: String, new: String)] {
        var before = Settings()
        var after = Settings()
        before.policy = old
        after.policy = new
        return Setting.policy.compactMap { setting in
            let (old, new) = (setting.show(before), setting.show(after))
            return old == new ? nil : (setting.name, old, new)
        }
    }
}
