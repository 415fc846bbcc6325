import Reducers

/// Settings of a policy by name, as a person gives them: `requests_per_second=5`.
struct PolicyOverrides {
    private var values: [(name: String, value: String)] = []

    var isEmpty: Bool { values.isEmpty }
    /// As they were given.
    var text: String { values.map { "\($0.name)=\($0.value)" }.joined(separator: " ") }

    /// - Throws: `TextError` for what is no setting, or no value of it.
    init(_ arguments: [String]) throws(TextError) {
        for argument in arguments {
            guard let equals = argument.firstIndex(of: "=") else {
                throw TextError(
                    description: "\(argument) is no setting; expected NAME=VALUE, such as requests_per_second=5")
            }
            values.append((String(argument[..<equals]), String(argument[argument.index(after: equals)...])))
        }
        _ = try applied(to: Policy())
    }

    /// The policy with these values.
    func applied(to policy: Policy) throws(TextError) -> Policy {
        var policy = policy
        for (name, value) in values { try PolicyOverrides.set(name, value, &policy) }
        return policy
    }

    private static func set(_ name: String, _ value: String, _ policy: inout Policy) throws(TextError) {
        func bad(_ expected: String) -> TextError {
            TextError(description: "\(name) is \"\(value)\", expected \(expected)")
        }
        if let setting = Policy.numericSettings.first(where: { $0.name == name }) {
            guard let number = Int64(value), setting.range.contains(number) else {
                throw bad("a number from \(setting.range.lowerBound) to \(setting.range.upperBound)")
            }
            policy[setting: name] = number
        } else if policy[flag: name] != nil {
            switch value {
            case "true", "on", "yes": policy[flag: name] = true
            case "false", "off", "no": policy[flag: name] = false
            default: throw bad("true or false")
            }
        } else if name == "dialect" {
            guard let dialect = Dialect(rawValue: value) else { throw bad("sprout or buzz") }
            policy.dialect = dialect
        } else if name == "invites" {
            guard let right = InviteRight(rawValue: value) else {
                throw bad("who may ask for invite codes, such as admin")
            }
            policy.invites = right
        } else {
            throw TextError(
                description: """
                    \(name) is no setting of a policy; there are \
                    \(settings(of: Policy()).map(\.name).joined(separator: ", "))
                    """)
        }
    }

    /// Every setting that has a value of one word, by name.
    static func settings(of policy: Policy) -> [(name: String, value: String)] {
        [("dialect", policy.dialect.rawValue)]
            + Policy.flagSettings.map { ($0.name, policy[flag: $0.name] == true ? "true" : "false") }
            + [("invites", policy.invites.rawValue), ("endpoint_relays", policy.endpointRelays.joined(separator: " "))]
            + Policy.numericSettings.map { ($0.name, String(policy[setting: $0.name] ?? 0)) }
    }
}
