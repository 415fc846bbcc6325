import Nostr

extension Batch {
    /// Erases payload and salt of these entries, so that only their leaves are left, and what was derived from them.
    /// Entries that were erased before stay as they are.
    ///
    /// Queries find nothing afterwards that they did not find before: what an erased event had superseded or deleted
    /// does not come back. To see to that, all entries are walked if events that had addresses, or deletions, are
    /// among the erased; so erase everything at once. Snapshots are left alone, whatever their states hold. The bytes
    /// stay in free pages of the file until those are used again; `EventLog.copy` leaves them behind.
    ///
    /// - Returns: how many entries were erased now.
    /// - Throws: `LogError.misuse`, naming the entry, if one is not in the log or its leaf does not say that it may be
    ///   erased; nothing is changed then. Any other error ends the batch and the writing of this log.
    @discardableResult
    public func erase(_ seqs: [UInt64]) throws -> Int {
        try look { try $0.checkErasable(seqs) }
        return try perform(.erase(seqs)) { try $0.erase(seqs) }
    }
}

extension BatchWriter {
    /// Whether these entries are there and their leaves say that they may be erased.
    func checkErasable(_ seqs: [UInt64]) throws(LogError) {
        for seq in seqs {
            // What is archived is erased in its file.
            if seq < archive.removedEnd, try reader.storedRecord(at: seq) == nil { continue }
            guard let leaf = try reader.leaf(at: seq) else { throw .misuse("there is no entry \(seq) to be erased") }
            guard leaf.flags & LeafFlags.erasable != 0 else {
                throw .misuse("entry \(seq) may not be erased: its leaf is not marked so")
            }
        }
    }

    /// See `Batch.erase`.
    func erase(_ seqs: [UInt64]) throws -> Int {
        try indexer.flush(transaction)
        try contents.flush(transaction)
        var hidden = Hidden()
        var references: [UInt64: UInt64] = [:]
        var count = 0
        for seq in Set(seqs).sorted() {
            guard let record = try reader.storedRecord(at: seq) else { continue }
            let leaf = try Record(record, seq: seq).leaf
            guard record.count != Record.erasedSize else { continue }
            for number in try PackedReferences.numbers(in: record, seq: seq) { references[number, default: 0] += 1 }
            if let event = try reader.event(at: seq) { try takeOut(event, leaf, &hidden) }
            try transaction.put(.entry, Key(seq), Record.erased(leaf))
            count += 1
        }
        try keepHidden(&hidden)
        try contents.release(references, transaction)
        indexer.forget()
        return count
    }

    /// What erased events may have kept from being found: other events of these ids, and of these addresses.
    private struct Hidden {
        var ids: [EventID] = []
        var coordinates: Set<Bytes32> = []

        mutating func insert(_ coordinate: Key) {
            coordinates.insert(coordinate.withUnsafeBytes { Bytes32($0) })
        }
    }

    /// Removes what was derived from an event.
    private func takeOut(_ event: Event, _ leaf: Leaf, _ hidden: inout Hidden) throws {
        guard try transaction.remove(.id, IndexKey.id(event.id, seq: leaf.seq, isServed: true)) else {
            try transaction.remove(.id, IndexKey.id(event.id, seq: leaf.seq, isServed: false))
            return
        }
        hidden.ids.append(event.id)
        try indexer.remove(leaf.seq, reader)
        try removeWinner(event, leaf.seq, &hidden)
        guard event.kind == .deletion else { return }
        DeletionTags.forEachID(of: event) { hidden.ids.append($0) }
        DeletionTags.forEachAddress(of: event) { hidden.insert($0) }
    }

    /// Forgets who is the current event of an address, if it is this one.
    private func removeWinner(_ event: Event, _ seq: UInt64, _ hidden: inout Hidden) throws {
        guard let coordinate = IndexKey.coordinate(event), try reader.winner(coordinate)?.seq == seq else { return }
        try transaction.remove(.coordinate, coordinate)
        hidden.insert(coordinate)
    }

    // MARK: - Nothing comes back

    private func keepHidden(_ hidden: inout Hidden) throws {
        for id in hidden.ids {
            guard let first = try firstServed(id) else { continue }
            if !first.isServed {
                // Another entry with an erased event: the event counts as served by this one from now on.
                try transaction.remove(.id, IndexKey.id(id, seq: first.seq, isServed: false))
                try transaction.put(.id, IndexKey.id(id, seq: first.seq, isServed: true), [])
            }
            try withdraw(first.seq, &hidden)
        }
        guard !hidden.coordinates.isEmpty else { return }
        for seq in try servedEvents(of: hidden.coordinates) { try withdraw(seq, &hidden) }
    }

    /// The first entry that was appended to serve the event of this id.
    private func firstServed(_ id: EventID) throws -> (seq: UInt64, isServed: Bool)? {
        let mentions = try reader.mentions(of: id).sorted { $0.seq < $1.seq }
        return try mentions.first { mention in
            guard let record = try reader.storedRecord(at: mention.seq) else { return mention.isServed }
            return try Record(record, seq: mention.seq).form.contains(.served)
        }
    }

    /// All entries that were appended to serve events of these addresses.
    private func servedEvents(of coordinates: Set<Bytes32>) throws -> [UInt64] {
        var found: [UInt64] = []
        var decoder = EntryDecoder(transaction)
        try reader.forEachRecord { seq, record in
            let form = try Record(record, seq: seq).form
            guard form.isSuperset(of: [.event, .served]), !form.contains(.withdrawn) else { return true }
            guard let event = try decoder.entry(record, seq: seq, checkingCommitment: false).event(),
                let coordinate = IndexKey.coordinate(event),
                coordinates.contains(coordinate.withUnsafeBytes { Bytes32($0) })
            else { return true }
            found.append(seq)
            return true
        }
        return found
    }

    /// Marks an entry whose event queries do not find, so that they do not find it later either.
    private func withdraw(_ seq: UInt64, _ hidden: inout Hidden) throws {
        guard let event = try reader.event(at: seq), !event.kind.isEphemeral,
            try reader.place(of: IndexKey.Rank(event), seq) == nil
        else { return }
        let record = try reader.record(at: seq)
        let form = try Record(record, seq: seq).form.union(.withdrawn)
        let changed = Record.changed(record, to: form, seq: seq)
        try transaction.put(.entry, Key(seq), changed)
        try removeWinner(event, seq, &hidden)
    }
}
