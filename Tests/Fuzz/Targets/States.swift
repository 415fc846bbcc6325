import Log
import Nostr

@testable import Reducers

extension FuzzTarget {
    /// What operators send, and what a damaged log would give the reducers.
    static let state = [
        FuzzTarget(name: "input") { try readInput($0) },
        FuzzTarget(name: "management") { try readManagement($0) },
        FuzzTarget(name: "snapshot") { try readSnapshot($0) },
        FuzzTarget(name: "policy") { try readPolicyPayload($0) },
    ]

    /// The first byte says which type of entry the rest is the payload of.
    private static func readInput(_ input: [UInt8]) throws {
        guard let first = input.first else { return }
        let type = EntryType.allCases[Int(first) % EntryType.allCases.count]
        let payload = Array(input.dropFirst())
        payload.withUnsafeBytes { payload in
            _ = accepted { try Input(type: type, payload: payload) }
            _ = accepted { try RecordedOutput(type: type, payload: payload) }
        }
        guard let command = accepted({ try OperatorCommand(json: payload) }) else { return }
        try same(command)
    }

    private static func readManagement(_ input: [UInt8]) throws {
        guard let call = accepted({ try ManagementCall(body: input) }), case .command(let command) = call else {
            return
        }
        try same(command)
    }

    /// A command that is written into the log is read from it as the same command.
    private static func same(_ command: OperatorCommand) throws {
        var json = JSONWriter()
        json.beginObject()
        command.write(to: &json)
        json.endObject()
        try require(accepted { try OperatorCommand(json: json.bytes) } == command, "the command changed on its way")
    }

    /// A state that reads is written as the same bytes' meaning: written twice, it is the same. The hash is made right
    /// first, so that what is behind it is reached.
    private static func readSnapshot(_ input: [UInt8]) throws {
        guard let state = accepted({ try RelayState(snapshot: SHA256.hash(input).bytes + input) }) else { return }
        let written = state.encoded()
        guard let again = accepted({ try RelayState(snapshot: SHA256.hash(written).bytes + written) }) else {
            throw PropertyFailure(description: "what was written of the state is no state")
        }
        try require(again.encoded() == written, "the state changed on its way")
    }

    private static func readPolicyPayload(_ input: [UInt8]) throws {
        guard let (policy, rules) = accepted({ try Policy.read(input) }) else { return }
        let written = policy.payload(rules: rules)
        guard let (again, _) = accepted({ try Policy.read(written) }) else {
            throw PropertyFailure(description: "what was written of the policy is none")
        }
        try require(again == policy, "the policy changed on its way")
    }
}
