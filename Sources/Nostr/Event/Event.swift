/// A signed event (NIP-01): the bytes it came in, and views of them.
///
/// Parsing checks the structure and remembers where things are; tags and content are decoded when asked for. A copy
/// costs one reference. Events are equal when their bytes are.
public struct Event: Sendable {
    let storage: EventStorage

    /// The JSON object's text exactly as it came in: what is stored, hashed into the log, and sent on.
    public var raw: [UInt8] { storage.raw }
    /// The id as it was stated; `verify` tells whether it is right.
    public var id: EventID { storage.id }
    /// The author's key.
    public var pubkey: PublicKey { storage.pubkey }
    /// Seconds since 1970 by the author's clock, 0 to 2^53 - 1.
    public var createdAt: Int64 { storage.createdAt }
    /// The kind.
    public var kind: Kind { storage.kind }
    /// The author's signature as it was stated; `verify` tells whether it is right.
    public var signature: Signature { storage.signature }
    /// Where the parts are in `raw`.
    public var layout: EventLayout { storage.layout }
    /// The tags.
    public var tags: TagList { TagList(storage: storage) }

    /// The content with its escapes resolved. Decodes each time it is asked.
    public var content: Text {
        Text(validUTF8: storage.raw.withUnsafeBytes { storage.layout.contentPart.decoded(from: $0) })
    }

    /// Whether the content's text in `raw` differs from the content.
    public var contentHasEscapes: Bool { storage.layout.contentPart.hasEscapes }

    /// Calls `body` with the content, escapes resolved; copies only if there are any.
    public func withContent<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try storage.raw.withBytes { raw throws(E) in try storage.layout.contentPart.withDecoded(from: raw, body) }
    }
}

extension Event: Equatable {
    /// Whether both are the same bytes.
    public static func == (left: Event, right: Event) -> Bool {
        left.storage === right.storage || left.raw == right.raw
    }
}

extension Event {
    /// Reads an event, structure only: strict JSON, the seven fields once each and no other, lower-case hex, a kind of
    /// 0 to 65,535, tags of strings, and only white space around. Call `verify` for id and signature.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, limits: EventLimits = .incoming
    ) throws(EventError) -> Event {
        do throws(JSONError) {
            var json = JSONReader(bytes)
            let event = try Event(&json, limits: limits)
            try json.finish()
            return event
        } catch {
            throw .malformed(error.description)
        }
    }

    /// Reads an event, structure only. See the other `parse`; this one keeps the array instead of copying it when the
    /// event is all there is in it.
    public static func parse(_ bytes: [UInt8], limits: EventLimits = .incoming) throws(EventError) -> Event {
        do throws(JSONError) {
            return try bytes.withBytes { buffer throws(JSONError) in
                var json = JSONReader(buffer)
                let reader = try EventReader(&json, limits: limits)
                let range = reader.range(endingAt: json.position)
                try json.finish()
                let raw = range.count == bytes.count ? bytes : Array(bytes[range])
                return Event(storage: EventStorage(raw: raw, reader))
            }
        } catch {
            throw .malformed(error.description)
        }
    }

    /// Reads the event that `json` comes to next and copies its bytes.
    init(_ json: inout JSONReader, limits: EventLimits) throws(JSONError) {
        let reader = try EventReader(&json, limits: limits)
        let text = json.bytes[reader.range(endingAt: json.position)]
        storage = EventStorage(raw: Array(UnsafeRawBufferPointer(rebasing: text)), reader)
    }
}
