import Nostr

/// The event that is served for one replaceable or addressable coordinate.
private struct Winner {
    static let size = 48

    var createdAt: Int64
    var id: EventID
    var seq: UInt64

    init(_ event: Event, at seq: UInt64) {
        createdAt = event.createdAt
        id = event.id
        self.seq = seq
    }

    init?(_ bytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes)
        guard bytes.count == Winner.size, let createdAt: Int64 = reader.integer(), let id = reader.take(Bytes32.count),
            let seq: UInt64 = reader.integer()
        else { return nil }
        self.createdAt = createdAt
        self.id = Bytes32(id)
        self.seq = seq
    }

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: createdAt)
        id.append(to: &bytes)
        bytes.append(bigEndian: seq)
        return bytes
    }

    /// NIP-01: the newer one stays; of two equally old ones that with the lower id.
    func outdoes(_ other: Winner) -> Bool {
        createdAt != other.createdAt ? createdAt > other.createdAt : id < other.id
    }
}

extension WriteTransaction {
    /// Enters an event into the indexes by the rules of its kind. Returns whether subscribers may have it.
    func index(_ event: Event, served: Bool, at seq: UInt64, _ tables: Tables) throws -> Bool {
        try put(tables.index.id, key: idKey(event.id, seq), value: [served ? 1 : 0])
        guard served else { return false }
        guard !event.kind.isEphemeral else { return true }
        if let coordinate = event.coordinate {
            let candidate = Winner(event, at: seq)
            if let current = try get(tables.index.coordinate, key: coordinate, { Winner($0) }) ?? nil {
                guard candidate.outdoes(current) else { return false }
                try forget(current, tables)
            }
            try put(tables.index.coordinate, key: coordinate, value: candidate.encoded)
        }
        for (table, key) in event.indexKeys(at: seq, tables.index) { try put(table, key: key, value: []) }
        return true
    }

    /// Takes an event out of the query indexes: a newer one of its coordinate is served from now on.
    private func forget(_ old: Winner, _ tables: Tables) throws {
        guard let event = try storedEvent(at: old.seq, tables) else { return }
        for (table, key) in event.indexKeys(at: old.seq, tables.index) { try delete(table, key: key) }
    }
}

func idKey(_ id: EventID, _ seq: UInt64) -> [UInt8] {
    var key: [UInt8] = []
    key.reserveCapacity(16)
    key.append(bigEndian: id.prefix)
    key.append(bigEndian: seq)
    return key
}

extension Reading where Self: ~Copyable {
    /// The event that an entry holds; `nil` when it holds none, or its payload was erased.
    borrowing func storedEvent(at seq: UInt64, _ tables: Tables) throws -> Event? {
        try record(seq, tables) { view in
            guard let payload = view.payload, let document = view.document else { return nil }
            return try? Event.parse(UnsafeRawBufferPointer(rebasing: payload[document]), limits: .stored)
        } ?? nil
    }

    /// Every logged position of an event, in order.
    borrowing func positions(of id: EventID, _ tables: Tables) throws -> [UInt64] {
        try candidates(id, tables) { _ in true }.filter { try storedEvent(at: $0, tables)?.id == id }
    }

    /// Where an event was taken in to be served; `nil` when it was not, or was only recorded.
    borrowing func servedPosition(of id: EventID, _ tables: Tables) throws -> UInt64? {
        try candidates(id, tables) { $0.first == 1 }.first { try storedEvent(at: $0, tables)?.id == id }
    }

    private borrowing func candidates(
        _ id: EventID, _ tables: Tables, _ isWanted: (UnsafeRawBufferPointer) -> Bool
    ) throws -> [UInt64] {
        try withCursor(tables.index.id) { cursor in
            var positions: [UInt64] = []
            var item = try cursor.seek(idKey(id, 0))
            while let current = item, current.key.count == 16,
                UInt64(bigEndian: current.key.loadUnaligned(as: UInt64.self)) == id.prefix
            {
                if isWanted(current.value) {
                    positions.append(
                        UInt64(bigEndian: current.key.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
                }
                item = try cursor.next()
            }
            return positions
        }
    }
}

extension Event {
    /// The key of the one event that is served for a replaceable or addressable kind; `nil` for other kinds.
    var coordinate: [UInt8]? {
        guard kind.isReplaceable || kind.isAddressable else { return nil }
        var hasher = SHA256()
        hasher.update(bigEndian: kind.rawValue)
        hasher.update(pubkey)
        if kind.isAddressable { hasher.update(tags.firstValue(of: "d")?.utf8 ?? []) }
        return hasher.finalize().bytes
    }

    /// Every key under which queries find the event.
    func indexKeys(at seq: UInt64, _ tables: IndexTables) -> [(Table, [UInt8])] {
        let suffix = IndexSuffix(self, at: seq)
        var keys: [(Table, [UInt8])] = [
            (tables.created, suffix.key(behind: [])),
            (tables.kind, suffix.key(behind: IndexPrefix.kind(kind))),
            (tables.author, suffix.key(behind: IndexPrefix.author(pubkey))),
            (tables.authorKind, suffix.key(behind: IndexPrefix.author(pubkey, kind))),
        ]
        tags.forEachSingleLetter { letter, value in
            keys.append((tables.tag, suffix.key(behind: IndexPrefix.tag(letter, value))))
        }
        return keys
    }
}
