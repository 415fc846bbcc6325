import Nostr
import Reducers

/// What the command line says to a running relay, and hears from it: one JSON object a line, over a Unix socket in the
/// data directory that only its owner can reach.
enum ControlMessage {
    /// The socket's name in the data directory.
    static let socketName = "control.sock"
    /// Bytes of one line.
    static let maximumLineBytes = 4096

    static func encode(_ change: MembershipChange) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        switch change {
        case .add(let key, let role):
            json.field("command", "add" as Text)
            json.field("key", key)
            json.field("role", role.name)
        case .remove(let key):
            json.field("command", "remove" as Text)
            json.field("key", key)
        case .changeRole(let key, let role):
            json.field("command", "role" as Text)
            json.field("key", key)
            json.field("role", role.name)
        }
        json.endObject()
        return json.bytes
    }

    /// Reads a command; `nil` for anything that this version does not know.
    static func decodeCommand(_ line: [UInt8]) -> MembershipChange? {
        guard let object = try? JSONValue.parse(line), case .string(let hex)? = object["key"],
            let key = PublicKey(hex: hex.string)
        else { return nil }
        let role = object["role"]?.stringValue.flatMap { Role(name: $0.string) }
        switch (object["command"]?.stringValue?.string, role) {
        case ("add", let role?) where role != .owner: return .add(key, role)
        case ("remove", _): return .remove(key)
        case ("role", let role?) where role != .owner: return .changeRole(key, role)
        default: return nil
        }
    }

    static func encode(_ answer: Transition.Answer) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("accepted", answer.accepted)
        json.field("message", answer.message)
        json.endObject()
        return json.bytes
    }

    static func decodeAnswer(_ line: [UInt8]) -> (accepted: Bool, message: String)? {
        guard let object = try? JSONValue.parse(line), let accepted = object["accepted"]?.boolValue,
            let message = object["message"]?.stringValue
        else { return nil }
        return (accepted, message.string)
    }
}
