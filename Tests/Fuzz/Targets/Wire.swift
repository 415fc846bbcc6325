import Nostr

extension FuzzTarget {
    /// What clients send.
    static let wire = [
        FuzzTarget(name: "event") { try readEvent($0) },
        FuzzTarget(name: "message") { try readMessage($0) },
        FuzzTarget(name: "filters") { try readFilters($0) },
        FuzzTarget(name: "json") { try readJSON($0) },
        FuzzTarget(name: "nip98") { try readAuthorization($0) },
        FuzzTarget(name: "negentropy") { try reconcile($0) },
    ]

    /// An accepted event reads the same from an array and from a buffer, from its own bytes and from a new writing, and its
    /// hash is that of NIP-01 written independently.
    private static func readEvent(_ input: [UInt8]) throws {
        let borrowed = accepted { try input.withUnsafeBytes { bytes in try Event.parse(bytes) } }
        guard let event = accepted({ try Event.parse(input) }) else {
            return try require(borrowed == nil, "the event is accepted from a buffer and refused from an array")
        }
        try require(event == borrowed, "an array and a buffer give different events")
        try require(accepted { try Event.parse(event.raw) } == event, "the event's own bytes are no event")
        let tags = event.tags.map { Array($0) }
        try require(event.tags.count <= EventLimits.maximumTags, "more tags than the limit")
        let unsigned = UnsignedEvent(
            pubkey: event.pubkey, createdAt: event.createdAt, kind: event.kind, tags: tags, content: event.content)
        try require(unsigned.id == Canonical.hash(event), "the hash is not that of the event's serialisation")
        let written = unsigned.serialized(id: event.id, signature: event.signature)
        guard let again = accepted({ try Event.parse(written) }) else {
            throw PropertyFailure(description: "what was written of the event is no event")
        }
        try require(
            again.id == event.id && again.signature == event.signature && again.pubkey == event.pubkey
                && again.createdAt == event.createdAt && again.kind == event.kind && again.content == event.content
                && again.tags.map { Array($0) } == tags, "the event changed on its way through the writer")
        let isVerified = accepted { try event.verify() } != nil
        try require(
            isVerified == (accepted { try again.verify() } != nil) || !isVerified,
            "a signature holds for one form of the event and not for the other")
        if let owner = accepted({ try OwnerAttestation.verified(in: event) }) {
            try require(owner?.owner != event.pubkey, "an agent vouches for itself")
        }
    }

    /// White space around a message changes nothing, and none asks for more than the limits allow.
    private static func readMessage(_ input: [UInt8]) throws {
        let message = accepted { try ClientMessage.parse(input) }
        try require(message == accepted { try ClientMessage.parse([0x0a] + input + [0x20]) }, "white space counts")
        switch message {
        case .request(_, let filters), .count(_, let filters):
            try require(filters.count <= MessageLimits.maximumFilters, "more filters than the limit")
            for filter in filters { try check(filter) }
        case .negentropyOpen(_, let filter, _): try check(filter)
        case .event(let event), .auth(let event):
            try require(accepted { try Event.parse(event.raw) } == event, "the message's event is none by itself")
        default: break
        }
    }

    private static func readFilters(_ input: [UInt8]) throws {
        guard let filters = accepted({ try input.withUnsafeBytes { try Filter.parseList($0) } }) else { return }
        for filter in filters { try check(filter) }
    }

    /// A filter that is written again reads as the same filter, and its lists keep their limit.
    private static func check(_ filter: Filter) throws {
        var json = JSONWriter()
        json.beginArray()
        json.write(filter)
        json.endArray()
        let again = accepted { try json.bytes.withUnsafeBytes { try Filter.parseList($0) } }
        try require(again == [filter], "the filter changed on its way through a writer")
        let longest = [filter.ids?.count ?? 0, filter.authors?.count ?? 0, filter.kinds?.count ?? 0].max() ?? 0
        try require(longest <= FilterLimits.maximumValues, "a list longer than the limit")
    }

    /// A value that is written again reads as the same value.
    private static func readJSON(_ input: [UInt8]) throws {
        guard let value = accepted({ try JSONValue.parse(input) }) else { return }
        var json = JSONWriter()
        json.value(value)
        try require(accepted { try JSONValue.parse(json.bytes) } == value, "the value changed on its way")
    }

    /// Nothing gets in without a signature, whether the input is the header or the event in it.
    private static func readAuthorization(_ input: [UInt8]) throws {
        let request = HTTPAuthorization.Request(
            method: "POST", target: "/events", addresses: [HTTPAddress("https://relay.example/")].compactMap { $0 },
            body: Array("{}".utf8), requiresPayload: false)
        let encoded = "Nostr " + String(decoding: Base64URL.encode(input), as: UTF8.self)
        for header in [String(decoding: input, as: UTF8.self), encoded] {
            let now = accepted { try Event.parse(input) }?.createdAt ?? 1_700_000_000
            guard let event = accepted({ try HTTPAuthorization(header: header, for: request, now: now) })?.event else {
                continue
            }
            try require(accepted { try event.verify() } != nil, "an authorization without a signature is accepted")
            try require(event.kind == .httpAuthentication, "an event of another kind is an authorization")
        }
        if let address = HTTPAddress(String(decoding: input, as: UTF8.self)) {
            try require(!address.authority.isEmpty, "an address without a host")
        }
    }

    /// Whatever a message says, the answer fits its frame and the other side can read it.
    private static func reconcile(_ input: [UInt8]) throws {
        let frame = Negentropy.minimumFrameBytes
        let initiator = NegentropyInitiator(reconciled, frameBytes: frame)
        _ = accepted { try initiator.learn(from: input) }
        let responder = NegentropyResponder(reconciled, frameBytes: frame)
        guard let reply = accepted({ try responder.reply(to: input) }) else { return }
        try require(reply.count <= frame, "an answer of \(reply.count) bytes does not fit a frame of \(frame)")
        try require(reply.first == Negentropy.version, "an answer without a version")
        try require(accepted { try initiator.learn(from: reply) } != nil, "an answer that cannot be read")
    }

    private static let reconciled = NegentropySet(
        (0..<500).map { number in
            EventIdentity(createdAt: UInt64(number / 3), id: SHA256.hash(Array("\(number)".utf8)))
        })
}

extension JSONWriter {
    fileprivate mutating func write(_ filter: Filter) {
        beginObject()
        for (name, values) in [("ids", filter.ids), ("authors", filter.authors)] {
            guard let values else { continue }
            list(name) { json in for value in values { json.hex(value) } }
        }
        if let kinds = filter.kinds { list("kinds") { json in for kind in kinds { json.number(kind.rawValue) } } }
        for tag in filter.tags {
            list("#\(Character(Unicode.Scalar(tag.letter)))") { json in for value in tag.values { json.string(value) } }
        }
        for (name, number) in [("since", filter.since), ("until", filter.until)] {
            guard let number else { continue }
            key(Text(name))
            self.number(number)
        }
        if let limit = filter.limit {
            key("limit" as Text)
            number(limit)
        }
        endObject()
    }

    private mutating func list(_ name: String, _ elements: (inout JSONWriter) -> Void) {
        key(Text(name))
        beginArray()
        elements(&self)
        endArray()
    }
}
