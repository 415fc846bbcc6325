import Nostr

extension EventLog {
    /// Whether the log serves the event of this id, see `LogReader.isServed`, and the version of the log for which that is
    /// so. Costs one seek for an event that is new, which nearly all are that anybody asks about: then nothing else is
    /// read.
    public func lookUp(_ id: EventID) throws -> (isServed: Bool, version: LogVersion) {
        do {
            return try environment.read { transaction in
                let version = LogVersion(transaction: try transaction.number())
                let mayBe = try transaction.withCursor(.id) { cursor in
                    try cursor.seek(Key(id.prefix)).flatMap { IndexKey.readID($0.key, id) } != nil
                }
                return (try mayBe && LogReader(transaction, archive).isServed(id), version)
            }
        } catch let error as LMDBError {
            throw LogError(error)
        }
    }
}

extension LogReader {
    /// The positions of all entries that hold the event of this id, in the order of the log.
    public func positions(of id: EventID) throws -> [UInt64] {
        try mentions(of: id).map(\.seq).filter { seq in
            // Where the archive's file is there it tells for certain.
            guard try storedRecord(at: seq) == nil, let block = try archivedBlock(of: seq) else { return true }
            return try block.withEntry(at: seq) { try $0.eventID() } == id
        }.sorted()
    }

    /// All entries that hold the event of this id, in the order of the log.
    public func events(withID id: EventID) throws -> [Entry] {
        var entries: [Entry] = []
        for seq in try positions(of: id) {
            if let entry = try entry(at: seq) { entries.append(entry) }
        }
        return entries
    }

    /// Whether an event of this id is served, or was until a newer one of the same address took its place, until it was
    /// deleted or until it expired. Ephemeral events count if they were appended to be served.
    public func isServed(_ id: EventID) throws -> Bool {
        try mentions(of: id, servedOnly: true).isEmpty == false
    }

    /// The event of this id, if queries find it.
    ///
    /// - Parameter now: the clock in seconds since 1970, to tell whether the event has expired (NIP-40).
    public func servedEvent(_ id: EventID, now: Int64) throws -> Event? {
        guard let seq = try mentions(of: id, servedOnly: true).first?.seq, let event = try event(at: seq),
            let place = try place(of: IndexKey.Rank(event), seq), !place.isExpired(at: now)
        else { return nil }
        return event
    }

    /// Where queries find the event of entry `seq`: `nil` if it is ephemeral, deleted, erased, or superseded.
    func place(of rank: IndexKey.Rank, _ seq: UInt64) throws(LogError) -> ScanSource.Item? {
        // Every event that queries find has its key in this table.
        let key = IndexKey.key(IndexKey.created, rank, seq)
        let value = try LogError.wrapping { () throws(LMDBError) in try transaction.value(.created, key) }
        return value.map { ScanSource.Item(rank: rank, seq: seq, expiration: IndexRules.expiration($0)) }
    }

    /// The entries that hold the event of this id: positions, and whether it is the one by which the event is served.
    func mentions(of id: EventID, servedOnly: Bool = false) throws -> [(seq: UInt64, isServed: Bool)] {
        let candidates = try candidates(of: id, servedOnly: servedOnly)
        // Ids that share eight bytes are told apart by the events themselves.
        return try candidates.filter { try isEvent(id, at: $0.seq) }
    }

    /// Whether an entry before `seq` serves the event of this id.
    func wasServed(_ id: EventID, before seq: UInt64) throws -> Bool {
        try candidates(of: id, servedOnly: true).contains { try $0.seq < seq && isEvent(id, at: $0.seq) }
    }

    /// Whether another entry is named for the same first bytes and does not hold the same event, as far as is known.
    func hasRival(_ id: EventID, at seq: UInt64) throws -> Bool {
        try candidates(of: id, servedOnly: false).contains { other in
            guard other.seq != seq else { return false }
            guard try storedRecord(at: other.seq) != nil else { return true }
            return try !isEvent(id, at: other.seq)
        }
    }

    /// Whether an entry that is named for its id's first bytes holds this event. Of one that is archived those bytes have
    /// to do: an entry with which another shared them stays in the log.
    private func isEvent(_ id: EventID, at seq: UInt64) throws(LogError) -> Bool {
        guard let record = try storedRecord(at: seq) else { return true }
        var decoder = EntryDecoder(transaction)
        return try decoder.entry(record, seq: seq, checkingCommitment: false).event()?.id == id
    }

    /// The entries whose events have ids that begin like this, as far as the index has them: by their first eight bytes.
    ///
    /// - Parameter digits: lower-case hex digits, an even or odd number of them.
    public func positions(ofIDsBeginning digits: [UInt8], atMost limit: Int) throws -> [UInt64] {
        let known = Array(digits.prefix(2 * MemoryLayout<UInt64>.size))
        let padding = [UInt8](repeating: UInt8(ascii: "0"), count: 2 * MemoryLayout<UInt64>.size - known.count)
        guard let bytes = Hex.decode(String(decoding: known + padding, as: UTF8.self)) else { return [] }
        return try transaction.withCursor(.id) { cursor in
            var found: [UInt64] = []
            var item = try cursor.seek(bytes.withUnsafeBytes { Key(copying: $0) })
            while let key = item?.key, key.count == IndexKey.idSize, found.count < limit {
                guard Hex.encode(Array(key.prefix(MemoryLayout<UInt64>.size))).utf8.starts(with: known) else { break }
                found.append(key.position(at: MemoryLayout<UInt64>.size) &>> 1)
                item = try cursor.next()
            }
            return found
        }
    }

    private func candidates(of id: EventID, servedOnly: Bool) throws -> [(seq: UInt64, isServed: Bool)] {
        try transaction.withCursor(.id) { cursor in
            var found: [(seq: UInt64, isServed: Bool)] = []
            var item = try cursor.seek(Key(id.prefix))
            while let (seq, isServed) = item.flatMap({ IndexKey.readID($0.key, id) }) {
                // An index that names what is not there is damaged; the entry's own check would say the same less
                // clearly.
                guard seq < size else {
                    throw LogError.damaged(seq: nil, reason: "table id names entry \(seq), which the log does not have")
                }
                if isServed || !servedOnly { found.append((seq, isServed)) }
                item = try cursor.next()
            }
            return found
        }
    }

    /// The event that entry `seq` holds, if it holds one that was neither erased nor archived.
    func event(at seq: UInt64) throws(LogError) -> Event? {
        var decoder = EntryDecoder(transaction)
        return try event(at: seq, &decoder)
    }

    /// The event that entry `seq` holds, if it holds one that was neither erased nor archived, with the entry's leaf.
    func eventAndLeaf(at seq: UInt64) throws(LogError) -> (Event, Leaf)? {
        guard let record = try storedRecord(at: seq) else { return nil }
        var decoder = EntryDecoder(transaction)
        let view = try decoder.entry(record, seq: seq, checkingCommitment: false)
        guard let event = try view.event() else { return nil }
        return (event, view.leaf)
    }

    /// The event that entry `seq` holds, if it holds one that was neither erased nor archived.
    func event(at seq: UInt64, _ decoder: inout EntryDecoder) throws(LogError) -> Event? {
        guard let record = try storedRecord(at: seq) else { return nil }
        return try decoder.entry(record, seq: seq, checkingCommitment: false).event()
    }

    /// The event of an entry that an index names, unless it was erased. Throws if the entry is none that it could name.
    func servedEvent(
        at seq: UInt64, _ rank: IndexKey.Rank, _ decoder: inout EntryDecoder
    ) throws(LogError) -> Event? {
        guard let record = try storedRecord(at: seq) else { return nil }
        let view = try decoder.entry(record, seq: seq, checkingCommitment: false)
        if view.payload == nil { return nil }
        if view.hasEvent, view.isServedEvent, let document = view.documentBytes {
            let event = try Event.stored(document, seq: seq)
            if IndexKey.Rank(event) == rank { return event }
        }
        throw .damaged(seq: nil, reason: "an index names entry \(seq) for what it is not; rebuild the indexes")
    }

    /// The current event of an address.
    func winner(_ coordinate: Key) throws(LogError) -> IndexRules.Winner? {
        let stored = try LogError.wrapping { () throws(LMDBError) in try transaction.value(.coordinate, coordinate) }
        guard let stored else { return nil }
        guard let winner = IndexRules.Winner(stored), winner.seq < size else {
            throw .damaged(seq: nil, reason: "table coordinate holds what cannot be read; rebuild the indexes")
        }
        return winner
    }
}
