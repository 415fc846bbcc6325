import Nostr

/// A call of the management API (NIP-86): the JSON-RPC body of an HTTP request.
public enum ManagementCall: Equatable, Sendable {
    /// Something to carry out.
    case command(OperatorCommand)
    /// Something to tell.
    case question(Question)

    /// What can be asked. The names are those of NIP-86.
    public enum Question: String, Sendable, CaseIterable {
        case supportedMethods = "supportedmethods"
        case bannedKeys = "listbannedpubkeys"
        case allowedKeys = "listallowedpubkeys"
        case bannedEvents = "listbannedevents"
        case allowedKinds = "listallowedkinds"
        case disallowedKinds = "listdisallowedkinds"
        case blockedAddresses = "listblockedips"
    }

    /// Bytes of a body that is looked at.
    public static let maximumBodyBytes = 16_384

    /// The methods that can be called, besides those that ask.
    static let commands = [
        "banpubkey", "unbanpubkey", "allowpubkey", "unallowpubkey", "assignrole", "unassignrole", "banevent",
        "allowkind", "disallowkind", "blockip", "unblockip", "changerelayname", "changerelaydescription",
        "changerelayicon",
    ]

    /// All methods that can be called.
    public static var methods: [String] { commands + Question.allCases.map(\.rawValue) }

    /// Reads a body.
    ///
    /// - Throws: `Refusal.managementMalformed`, or `Refusal.managementUnknown` for a method that is not offered.
    public init(body: [UInt8]) throws(Refusal) {
        guard body.count <= ManagementCall.maximumBodyBytes, let value = try? JSONValue.parse(body),
            let method = value["method"]?.stringValue?.string
        else { throw .managementMalformed("expected {\"method\": name, \"params\": [values]}") }
        let parameters = Parameters(method: method, values: value["params"]?.arrayValue ?? [])
        if let question = Question(rawValue: method) {
            self = .question(question)
        } else {
            self = .command(try parameters.command())
        }
    }

    /// The parameters of one call, read by their place.
    private struct Parameters {
        let method: String
        let values: [JSONValue]

        func command() throws(Refusal) -> OperatorCommand {
            switch method {
            case "banpubkey": .ban(try key(), reason: try reason())
            case "unbanpubkey": .unban(try key())
            case "allowpubkey": .membership(.add(try key(), .member))
            case "unallowpubkey": .membership(.remove(try key()))
            case "assignrole": .membership(.changeRole(try key(), try role()))
            case "unassignrole": .membership(.changeRole(try key(), .member))
            case "banevent": .banEvent(try key("an event id"), reason: try reason())
            case "allowkind": .allowKind(try kind())
            case "disallowkind": .disallowKind(try kind())
            case "blockip": .blockAddress(try text(0, "an address"), reason: try reason())
            case "unblockip": .unblockAddress(try text(0, "an address"))
            case "changerelayname": .describe(.name, try text(0, "a name"))
            case "changerelaydescription": .describe(.description, try text(0, "a description"))
            case "changerelayicon": .describe(.icon, try text(0, "an address"))
            default: throw .managementUnknown(String(method.prefix(64)))
            }
        }

        private func key(_ what: String = "a public key") throws(Refusal) -> Bytes32 {
            guard let text = values.first?.stringValue, let key = PublicKey(lowercasing: text) else {
                throw .managementMalformed("\(method) takes \(what) of 64 hex characters first")
            }
            return key
        }

        private func role() throws(Refusal) -> Role {
            guard values.count > 1, let role = values[1].stringValue.flatMap({ Role(name: $0.string) }), role != .owner
            else { throw .managementMalformed("\(method) takes a role second: admin or member") }
            return role
        }

        private func kind() throws(Refusal) -> Kind {
            guard let number = values.first?.unsignedInteger, let kind = UInt16(exactly: number) else {
                throw .managementMalformed("\(method) takes a kind from 0 to 65535")
            }
            return Kind(kind)
        }

        private func text(_ index: Int, _ what: String) throws(Refusal) -> Text {
            guard index < values.count, let text = values[index].stringValue,
                text.utf8.count <= OperatorCommand.maximumTextBytes
            else {
                throw .managementMalformed(
                    "\(method) takes \(what) of at most \(OperatorCommand.maximumTextBytes) bytes")
            }
            return text
        }

        private func reason() throws(Refusal) -> Text {
            values.count > 1 && !values[1].isNull ? try text(1, "a reason") : ""
        }
    }
}
