/// An event that still lacks id and signature.
public struct UnsignedEvent: Equatable, Sendable {
    /// The author's key.
    public var pubkey: PublicKey
    /// Seconds since 1970, 0 to `EventLimits.latestCreatedAt`.
    public var createdAt: Int64
    /// The kind.
    public var kind: Kind
    /// The tags.
    public var tags: [[Text]]
    /// The content.
    public var content: Text

    /// An event with these fields.
    public init(pubkey: PublicKey, createdAt: Int64, kind: Kind, tags: [[Text]], content: Text) {
        self.pubkey = pubkey
        self.createdAt = createdAt
        self.kind = kind
        self.tags = tags
        self.content = content
    }

    /// The id it will have (NIP-01; control characters are hashed as `\u00xx`, see `Event.canonicalHash`).
    public var id: EventID {
        Event.canonicalHash(pubkey: pubkey, createdAt: createdAt, kind: kind, tags: tags, content: content)
    }

    /// The signed event: the same bytes each time, since signatures use no randomness.
    ///
    /// `key` must be the author's, and `createdAt` in its range: an event that is neither is a mistake in our own code.
    public func signed(by key: SecretKey) -> Event {
        precondition(key.publicKey == pubkey, "an event is signed by its author")
        precondition((0...EventLimits.latestCreatedAt).contains(createdAt), "created_at is out of range")
        let id = id
        let raw = serialized(id: id, signature: key.sign(id))
        do throws(EventError) {
            return try Event.parse(raw, limits: .stored)
        } catch {
            preconditionFailure("an event that was made here does not parse: \(error.message)")
        }
    }

    /// Compact JSON with the fields in NIP-01's order: id, pubkey, created_at, kind, tags, content, sig.
    public func serialized(signature: Signature) -> [UInt8] {
        serialized(id: id, signature: signature)
    }

    /// The same for an id that is known already.
    public func serialized(id: EventID, signature: Signature) -> [UInt8] {
        var json = JSONWriter()
        json.bytes.reserveCapacity(512 + content.utf8.count)
        json.beginObject()
        json.key("id")
        json.hex(id)
        json.key("pubkey")
        json.hex(pubkey)
        json.key("created_at")
        json.number(createdAt)
        json.key("kind")
        json.number(kind.rawValue)
        json.key("tags")
        json.beginArray()
        for tag in tags {
            json.beginArray()
            for element in tag { json.string(element) }
            json.endArray()
        }
        json.endArray()
        json.key("content")
        json.string(content)
        json.key("sig")
        json.hex(signature)
        json.endObject()
        return json.bytes
    }
}
