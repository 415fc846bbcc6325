import Nostr

/// An entry as it was read, checked against its leaf.
public struct Entry: Sendable {
    /// The leaf.
    public let leaf: Leaf
    /// The salt of the commitment; `nil` when the payload was erased.
    public let salt: Bytes32?
    /// The payload; `nil` when it was erased.
    public let payload: [UInt8]?
    /// Where in the payload the event's JSON is, if there is one.
    public let document: Range<Int>?
    /// Whether the entry's event was appended to be served.
    public let isServedEvent: Bool

    /// The leaf's hash in the Merkle tree.
    public var leafHash: Bytes32 { leaf.hash }

    /// The event in the payload, or `nil` if there is none or it was erased.
    ///
    /// - Throws: `LogError.damaged` if the document is no event.
    public func event() throws(LogError) -> Event? {
        guard let payload, let document else { return nil }
        return try payload.withUnsafeBufferPointer { bytes throws(LogError) in
            try Event.stored(UnsafeRawBufferPointer(bytes).slice(document), seq: leaf.seq)
        }
    }
}

/// An entry while it is being looked at in `LogReader.forEachEntry`. Its bytes are good inside the closure only.
public struct EntryView: ~Copyable {
    /// The leaf.
    public let leaf: Leaf
    /// The salt of the commitment; `nil` when the payload was erased.
    public let salt: Bytes32?
    /// The payload; `nil` when it was erased. Good inside the closure only.
    public let payload: UnsafeRawBufferPointer?
    /// Where in the payload the event's JSON is, if there is one.
    public let document: Range<Int>?
    /// Whether the entry's event was appended to be served.
    public let isServedEvent: Bool
    /// Whether the entry has an event that is found by its id.
    let hasEvent: Bool
    /// Whether queries do not find the event any more because of what was erased elsewhere.
    let isWithdrawn: Bool
    /// Where in the payload the content is that other entries may have, too.
    let shared: Range<Int>?

    /// The event's JSON, if there is an event. Good inside the closure only.
    public var documentBytes: UnsafeRawBufferPointer? {
        guard let payload, let document else { return nil }
        return payload.slice(document)
    }
}

extension EntryView {
    /// An entry without its payload.
    init(leaf: Leaf) {
        self.init(
            leaf: leaf, salt: nil, payload: nil, document: nil, isServedEvent: false, hasEvent: false,
            isWithdrawn: false, shared: nil)
    }

    /// The entry's event, if it has one that is found by its id.
    func event() throws(LogError) -> Event? {
        guard hasEvent, let documentBytes else { return nil }
        return try Event.stored(documentBytes, seq: leaf.seq)
    }
}

extension EntryView {
    /// The id of the entry's event, without reading the rest of it where it comes first, as it nearly always does.
    func eventID() throws(LogError) -> EventID? {
        guard hasEvent, let documentBytes else { return nil }
        var reader = JSONReader(documentBytes)
        if (try? reader.beginObject()) != nil, let name = try? reader.nextKey(), name.equals("id", in: documentBytes),
            let digits = try? reader.string(),
            let id = EventID(hex: UnsafeRawBufferPointer(rebasing: documentBytes[digits.range]))
        {
            return id
        }
        return try event()?.id
    }
}

extension Event {
    /// Reads an event that the log holds.
    static func stored(_ document: UnsafeRawBufferPointer, seq: UInt64) throws(LogError) -> Event {
        do throws(EventError) {
            return try Event.parse(document, limits: .stored)
        } catch {
            throw .damaged(seq: seq, reason: "its document is no event: \(error.message)")
        }
    }
}
