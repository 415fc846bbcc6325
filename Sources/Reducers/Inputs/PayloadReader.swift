import Log
import Nostr

/// A payload without an event, read strictly: a field of the wrong type or a missing one is an error.
struct PayloadObject {
    private let fields: JSONObject

    init(_ payload: [UInt8]) throws(PayloadError) {
        do {
            guard case .object(let object) = try JSONValue.parse(payload) else {
                throw PayloadError("expected a JSON object")
            }
            fields = object
        } catch let error as JSONError {
            throw PayloadError(error)
        } catch let error as PayloadError {
            throw error
        } catch {
            throw PayloadError("unreadable")
        }
    }

    func has(_ name: Text) -> Bool { fields[name] != nil }

    func value(_ name: Text) -> JSONValue? { fields[name] }

    func text(_ name: Text) throws(PayloadError) -> Text {
        guard case .string(let text)? = fields[name] else { throw PayloadError("\(name) is not a string") }
        return text
    }

    func number(_ name: Text) throws(PayloadError) -> UInt64 {
        guard case .number(let text)? = fields[name], let value = UInt64(text.string) else {
            throw PayloadError("\(name) is not a position or count")
        }
        return value
    }

    func key(_ name: Text) throws(PayloadError) -> PublicKey {
        guard let key = PublicKey(hex: try text(name).string) else { throw PayloadError("\(name) is not a key") }
        return key
    }

    func role() throws(PayloadError) -> Role {
        guard let role = Role(name: try text("role").string) else { throw PayloadError("role is unknown") }
        return role
    }

    func object(_ name: Text) throws(PayloadError) -> JSONObject {
        guard case .object(let object)? = fields[name] else { throw PayloadError("\(name) is not an object") }
        return object
    }

    private func array(_ name: Text) throws(PayloadError) -> [JSONValue] {
        guard let value = fields[name] else { return [] }
        guard case .array(let array) = value else { throw PayloadError("\(name) is not an array") }
        return array
    }

    func keys(_ name: Text) throws(PayloadError) -> [PublicKey] {
        var keys: [PublicKey] = []
        for element in try array(name) {
            guard case .string(let text) = element, let key = PublicKey(hex: text.string) else {
                throw PayloadError("\(name) holds something that is not a key")
            }
            keys.append(key)
        }
        return keys
    }
}

extension Input {
    /// Reads an input from an entry; `nil` for an entry that is an output.
    ///
    /// - Throws: `PayloadError` for a payload that no version of this program wrote.
    public init?(type: EntryType, payload: UnsafeRawBufferPointer) throws(PayloadError) {
        switch type {
        case .membershipEffect, .decision, .relayEvent: return nil
        case .clientEvent: self = try Input.event(payload)
        case .session:
            if let delivery = try Input.delivery(payload) {
                self = delivery
            } else if let proof = try Input.authentication(payload) {
                self = proof
            } else {
                self = try Input.session(try PayloadObject(Array(payload)))
            }
        case .configuration: self = try Input.configuration(Array(payload))
        case .operatorCommand:
            if let call = try Input.management(payload) {
                self = call
            } else {
                self = .operatorCommand(try OperatorCommand(try PayloadObject(Array(payload))))
            }
        case .mark: self = try Input.mark(try PayloadObject(Array(payload)))
        case .erasure: self = .erasure(try Erasure(try PayloadObject(Array(payload))))
        }
    }

    private static func configuration(_ payload: [UInt8]) throws(PayloadError) -> Input {
        let object = try PayloadObject(payload)
        guard object.has("genesis") else {
            let (policy, rules) = try Policy.read(payload)
            return .policy(policy, rules)
        }
        let statement = try object.object("genesis")
        guard case .string(let origin)? = statement["origin"], case .string(let relay)? = statement["relay"],
            case .string(let log)? = statement["log"], let key = PublicKey(hex: relay.string),
            let relaySignature = Signature(hex: try object.text("relay_signature").string),
            let logSignature = Hex.decode(try object.text("log_signature").string)
        else { throw PayloadError("genesis lacks a field") }
        var continues: Genesis.Predecessor?
        if let found = statement["continues"] {
            guard let note = found["checkpoint"]?.stringValue, note.utf8.count <= Checkpoints.maximumNoteBytes,
                let entries = found["entries"]?.unsignedInteger
            else { throw PayloadError("genesis names a log that it goes on from, but not its checkpoint and entries") }
            continues = Genesis.Predecessor(checkpoint: note, entries: entries)
        }
        return .genesis(
            Genesis(
                origin: origin.string, relay: key, verifierKey: log.string, relaySignature: relaySignature,
                logSignature: logSignature, continues: continues))
    }

    private static func mark(_ object: PayloadObject) throws(PayloadError) -> Input {
        switch try object.text("mark").string {
        case "tick": return .tick
        case "snapshot": return .snapshotPoint
        case "restart": return .restart
        case "checkpoint":
            let note = try object.text("note")
            guard note.utf8.count <= Checkpoints.maximumNoteBytes else { throw PayloadError("the note is too long") }
            return .checkpoint(note: note)
        case let other: throw PayloadError("mark \(other) is unknown")
        }
    }

    private static func session(_ object: PayloadObject) throws(PayloadError) -> Input {
        switch try object.text("did").string {
        case "listening": return .listening(session: try object.number("session"), keys: try object.keys("keys"))
        case "invite":
            let code = object.has("code") ? try object.text("code") : ""
            return .inviteRequested(session: try object.number("session"), code: code)
        case "closed":
            return .closed(session: try object.number("session"), reason: try object.text("reason").string)
        case "dropped":
            var counts: [String: UInt64] = [:]
            for member in try object.object("counts").members {
                guard let count = member.value.unsignedInteger else { throw PayloadError("a count is not a number") }
                counts[member.key.string] = count
            }
            return .dropped(Dropped(counts: counts, keys: try object.keys("keys")))
        case let other: throw PayloadError("session entry \(other) is unknown")
        }
    }
}

extension Erasure {
    fileprivate init(_ object: PayloadObject) throws(PayloadError) {
        guard case .array(let elements)? = object.value("erased"), elements.count <= Erasure.maximumRuns else {
            throw PayloadError("erased is not a list of runs")
        }
        var runs: [ClosedRange<UInt64>] = []
        for element in elements {
            guard let run = element.arrayValue, run.count == 2, let first = run[0].unsignedInteger,
                let last = run[1].unsignedInteger, first <= last, runs.last.map({ $0.upperBound < first }) ?? true
            else { throw PayloadError("erased holds something that is not a run of positions") }
            runs.append(first...last)
        }
        self.init(runs: runs, reason: try object.text("reason"))
    }
}
