import Nostr
import Reducers

/// What the command line asks of a running relay: one JSON object a line, over a Unix socket in the data directory that
/// only its owner can reach. Requests may follow each other without waiting; they are answered in order.
enum ControlRequest: Equatable, Sendable {
    case command(OperatorCommand)
    /// New values of policy settings, by name, as text.
    case policy([String: String])
    /// An ordinary event to bring in, as JSON.
    case event([UInt8])
    /// Positions to erase.
    case erase([UInt64], reason: String)
    /// Publish a checkpoint now; the answer's message is the note.
    case checkpoint
    /// A step by which entries leave the log for archive files.
    case archive(ArchiveStep)
    /// How the relay is.
    case status

    /// The socket's name in the data directory.
    static let socketName = "control.sock"
    /// Bytes of one line: an event of the largest size, or the runs of one erasure.
    static let maximumLineBytes = 4 << 20

    /// The line, without its end.
    var line: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        switch self {
        case .command(let command): command.write(to: &json)
        case .policy(let values):
            json.field("command", "policy" as Text)
            json.key("values")
            json.beginObject()
            for (name, value) in values.sorted(by: { $0.key < $1.key }) {
                json.key(name)
                json.string(value)
            }
            json.endObject()
        case .event(let event):
            json.field("command", "import" as Text)
            json.key("event")
            json.raw(event)
        case .erase(let positions, let reason):
            json.field("command", "erase" as Text)
            json.field("reason", reason)
            json.key("positions")
            json.beginArray()
            for position in positions { json.number(position) }
            json.endArray()
        case .checkpoint: json.field("command", "checkpoint" as Text)
        case .archive(let step):
            json.field("command", "archive" as Text)
            step.write(to: &json)
        case .status: json.field("command", "status" as Text)
        }
        json.endObject()
        return json.bytes
    }

    /// Reads a line; `nil` for anything that this version does not know.
    init?(line: [UInt8]) {
        guard let value = try? JSONValue.parse(line) else { return nil }
        switch value["command"]?.stringValue?.string {
        case "policy":
            guard let members = value["values"]?.objectValue?.members else { return nil }
            var values: [String: String] = [:]
            for member in members { values[member.key.string] = member.value.stringValue?.string }
            self = .policy(values)
        case "import":
            guard let event = value["event"] else { return nil }
            var json = JSONWriter()
            json.value(event)
            self = .event(json.bytes)
        case "erase":
            guard let positions = value["positions"]?.arrayValue?.compactMap(\.unsignedInteger),
                let reason = value["reason"]?.stringValue
            else { return nil }
            self = .erase(positions, reason: reason.string)
        case "checkpoint": self = .checkpoint
        case "archive":
            guard let step = ArchiveStep(value) else { return nil }
            self = .archive(step)
        case "status": self = .status
        default:
            guard let command = try? OperatorCommand(json: line) else { return nil }
            self = .command(command)
        }
    }
}

/// What a request to the control socket is answered with.
struct ControlAnswer: Equatable, Sendable {
    var accepted: Bool
    var message: String
    /// What was asked for, as JSON.
    var result: [UInt8]?

    init(accepted: Bool, message: String, result: [UInt8]? = nil) {
        self.accepted = accepted
        self.message = message
        self.result = result
    }

    init(_ answer: Transition.Answer) {
        self.init(accepted: answer.accepted, message: answer.message, result: answer.result)
    }

    /// The line, without its end.
    var line: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("accepted", accepted)
        json.field("message", message)
        if let result {
            json.key("result")
            json.raw(result)
        }
        json.endObject()
        return json.bytes
    }

    /// Reads a line; `nil` for what is no answer.
    init?(line: [UInt8]) {
        guard let value = try? JSONValue.parse(line), let accepted = value["accepted"]?.boolValue,
            let message = value["message"]?.stringValue
        else { return nil }
        self.init(accepted: accepted, message: message.string)
        if let found = value["result"] {
            var json = JSONWriter()
            json.value(found)
            result = json.bytes
        }
    }
}
