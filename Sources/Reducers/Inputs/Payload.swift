import Log
import Nostr

/// Why a payload is not what its entry's type says.
public struct PayloadError: Error, Equatable, CustomStringConvertible {
    /// What is wrong with it.
    public var description: String

    init(_ description: String) { self.description = description }

    init(_ error: JSONError) { description = "not JSON: \(error)" }
}

extension Input {
    /// The type of the entry that holds the input.
    public var type: EntryType {
        switch self {
        case .genesis, .policy: .configuration
        case .operatorCommand, .management: .operatorCommand
        case .event: .clientEvent
        case .authenticated, .listening, .inviteRequested, .closed, .delivered, .dropped, .disclosed: .session
        case .erasure: .erasure
        case .tick, .snapshotPoint, .restart, .checkpoint: .mark
        }
    }

    /// The payload of the entry: one compact JSON object. An embedded event comes last, byte for byte as it came in.
    ///
    /// - Parameters:
    ///   - answer: what the sender was told, where no decision entry says it.
    ///   - removals: what was taken out of a status report.
    func payload(answer: String?, removals: Removals) -> Payload {
        var json = JSONWriter()
        if case .event(let input, _, _) = self { json.bytes.reserveCapacity(input.raw.count + Payload.headBytes) }
        json.beginObject()
        var event: Event?
        switch self {
        case .genesis(let genesis): json.write(genesis)
        case .policy(let policy, let rules): return Payload(bytes: policy.payload(rules: rules))
        case .operatorCommand(let command): command.write(to: &json)
        case .management(let body, let authorization):
            json.field("door", Door.http.rawValue)
            json.field("answer", answer)
            json.field("body", Text(validUTF8: body))
            event = authorization
        case .event(let input, let session, let door):
            json.field("door", door.rawValue)
            json.field("session", session)
            json.field("answer", answer)
            if !removals.isEmpty { json.write(removals) }
            event = input
        case .authenticated(let input, let session):
            json.field("did", "authenticated" as Text)
            json.field("session", session)
            event = input
        case .listening(let session, let keys):
            json.field("did", "listening" as Text)
            json.field("session", session)
            json.key("keys")
            json.write(keys)
        case .inviteRequested(let session, let code):
            json.field("did", "invite" as Text)
            json.field("session", session)
            json.field("answer", answer)
            json.field("code", answer == nil ? code : nil)
        case .closed(let session, let reason):
            json.field("did", "closed" as Text)
            json.field("session", session)
            json.field("reason", reason)
        case .delivered(let delivery): json.write(delivery)
        case .dropped(let dropped): json.write(dropped)
        case .disclosed(let positions, let authorization):
            json.field("did", "disclosed" as Text)
            json.field("from", positions.lowerBound)
            json.field("to", positions.upperBound)
            event = authorization
        case .erasure(let erasure): json.write(erasure)
        case .tick: json.field("mark", "tick" as Text)
        case .snapshotPoint: json.field("mark", "snapshot" as Text)
        case .restart: json.field("mark", "restart" as Text)
        case .checkpoint(let note):
            json.field("mark", "checkpoint" as Text)
            json.field("note", note)
        }
        guard let event else {
            json.endObject()
            return Payload(bytes: json.bytes)
        }
        return Payload(head: json, event: event)
    }
}

/// The bytes of a payload, and where in them an event stands.
struct Payload: Equatable {
    var bytes: [UInt8]
    /// The embedded event, and the offset of its first byte.
    var event: (event: Event, offset: Int)?

    /// Bytes that nearly always hold what stands around an event.
    fileprivate static let headBytes = 96

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// Finishes an object that was begun with `head`: its last field is the event.
    init(head: consuming JSONWriter, event: Event) {
        head.key("event")
        let offset = head.bytes.count
        head.raw(event.raw)
        head.endObject()
        bytes = head.bytes
        self.event = (event, offset)
    }

    static func == (left: Payload, right: Payload) -> Bool { left.bytes == right.bytes }
}

extension Output {
    /// The type of the entry that holds the output.
    var type: EntryType {
        switch self {
        case .decision: .decision
        case .effect: .membershipEffect
        case .event: .relayEvent
        }
    }
}

extension MembershipEffect {
    /// The payload of a type-3 entry: the position of the cause, the key, and its role where it has one.
    func payload(cause: UInt64) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("cause", cause)
        switch change {
        case .add(let role):
            json.field("add", key)
            json.field("role", role.name)
        case .remove:
            json.field("remove", key)
        case .change(let role):
            json.field("change", key)
            json.field("role", role.name)
        }
        json.endObject()
        return json.bytes
    }
}

extension JSONWriter {
    mutating func write(_ keys: [PublicKey]) {
        beginArray()
        for key in keys { hex(key) }
        endArray()
    }

    mutating func write(_ numbers: [UInt64]) {
        beginArray()
        for value in numbers { number(value) }
        endArray()
    }

    fileprivate mutating func write(_ genesis: Genesis) {
        key("genesis")
        raw(genesis.statement)
        field("relay_signature", genesis.relaySignature.hex)
        field("log_signature", Hex.encode(genesis.logSignature))
    }

    fileprivate mutating func write(_ removals: Removals) {
        key("removed")
        beginObject()
        for (removal, count) in removals.counts {
            key(removal.rawValue)
            number(count)
        }
        endObject()
    }

    fileprivate mutating func write(_ erasure: Erasure) {
        key("erased")
        beginArray()
        for run in erasure.runs { write([run.lowerBound, run.upperBound]) }
        endArray()
        field("reason", erasure.reason)
    }

    fileprivate mutating func write(_ delivery: Delivery) {
        field("did", "delivered" as Text)
        field("output", delivery.output)
        key("written")
        write(delivery.written)
        if !delivery.dropped.isEmpty {
            key("dropped")
            write(delivery.dropped)
        }
    }

    fileprivate mutating func write(_ dropped: Dropped) {
        field("did", "dropped" as Text)
        key("counts")
        beginObject()
        for (reason, count) in dropped.counts {
            key(reason)
            number(count)
        }
        endObject()
        if !dropped.keys.isEmpty {
            key("keys")
            write(dropped.keys)
        }
    }
}

extension Genesis {
    /// The statement that both keys sign: one compact JSON object.
    public var statement: [UInt8] {
        Genesis.statement(origin: origin, relay: relay, verifierKey: verifierKey, continues: continues)
    }

    /// The statement for a log of that name with these two keys.
    public static func statement(
        origin: String, relay: PublicKey, verifierKey: String, continues: Predecessor? = nil
    ) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("origin", origin)
        json.field("relay", relay)
        json.field("log", verifierKey)
        if let continues {
            json.key("continues")
            json.beginObject()
            json.field("checkpoint", continues.checkpoint)
            json.field("entries", continues.entries)
            json.endObject()
        }
        json.endObject()
        return json.bytes
    }

    /// What the two signatures are over: SHA-256 of a domain tag and the statement.
    public static func digest(ofStatement statement: [UInt8]) -> Bytes32 {
        var hasher = SHA256()
        hasher.update("nrl1 genesis\n")
        hasher.update(statement)
        return hasher.finalize()
    }
}
