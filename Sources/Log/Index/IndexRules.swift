import Nostr

/// Which tables an event is found through: the same for appending, for rebuilding and for checking.
enum IndexRules {
    /// Calls `body` with each place of a served event in the tables that queries walk, and with those by which a
    /// deletion says what it deleted. Ephemeral events have none (NIP-01).
    ///
    /// - Parameters:
    ///   - type: the type of the entry that serves the event, which tells the relay's own deletions.
    static func forEachPlace<E: Error>(
        of event: borrowing Event, at seq: UInt64, type: EntryType, _ body: (Table, Key) throws(E) -> Void
    ) throws(E) {
        guard !event.kind.isEphemeral else { return }
        let rank = IndexKey.Rank(event)
        try body(.created, IndexKey.key(IndexKey.created, rank, seq))
        try body(.kind, IndexKey.key(IndexKey.kind(event.kind), rank, seq))
        try body(.author, IndexKey.key(IndexKey.author(event.pubkey), rank, seq))
        try body(.authorKind, IndexKey.key(IndexKey.author(event.pubkey, event.kind), rank, seq))
        for prefix in tagPrefixes(event, type) { try body(.tag, IndexKey.key(prefix, rank, seq)) }
    }

    /// What the keys of an event's places have as their value: when it expires (NIP-40), so that this is known without
    /// reading it; nothing, if it does not.
    static func value(of event: borrowing Event) -> [UInt8] {
        guard let expiration = event.expiration else { return [] }
        var value: [UInt8] = []
        value.append(bigEndian: expiration)
        return value
    }

    /// What `value(of:)` made.
    static func expiration(_ value: UnsafeRawBufferPointer) -> Int64? {
        value.count == 8 ? value.number(at: 0) : nil
    }

    /// The prefixes of the event's one-letter tags, and of what it deletes, each once.
    private static func tagPrefixes(_ event: borrowing Event, _ type: EntryType) -> [Key] {
        var prefixes: [UInt64] = []
        func add(_ key: Key) { prefixes.append(key.withUnsafeBytes { $0.number(at: 0) }) }
        event.tags.forEachSingleLetter { add(IndexKey.tag($0, $1)) }
        if event.kind == .deletion {
            let author = event.pubkey
            DeletionTags.forEachID(of: event) { id in
                add(IndexKey.deleted(id, by: author))
                if type == .relayEvent { add(IndexKey.moderated(id)) }
            }
            DeletionTags.forEachAddress(of: event) { add(IndexKey.deleted($0)) }
        }
        if prefixes.count > 1 {
            prefixes.sort()
            var last: UInt64?
            prefixes.removeAll { prefix in
                defer { last = prefix }
                return prefix == last
            }
        }
        return prefixes.map { Key($0) }
    }

    /// The current event of an address (NIP-01: replaceable, addressable).
    struct Winner: Equatable {
        let createdAt: UInt64
        let id: EventID
        let seq: UInt64

        init(_ event: borrowing Event, seq: UInt64) {
            createdAt = UInt64(event.createdAt)
            id = event.id
            self.seq = seq
        }

        init?(_ bytes: UnsafeRawBufferPointer) {
            guard bytes.count == 48 else { return nil }
            createdAt = bytes.number(at: 0)
            id = Bytes32(bytes.slice(8..<40))
            seq = bytes.number(at: 40)
        }

        var encoded: [UInt8] {
            var output: [UInt8] = []
            output.append(bigEndian: createdAt)
            id.append(to: &output)
            output.append(bigEndian: seq)
            return output
        }

        /// Whether this one takes the other's place: newer, or of the same time with a lower id.
        func replaces(_ other: Winner) -> Bool {
            createdAt != other.createdAt ? createdAt > other.createdAt : id < other.id
        }
    }
}
