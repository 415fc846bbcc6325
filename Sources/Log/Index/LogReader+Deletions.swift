import Nostr

extension LogReader {
    /// Whether the log serves a deletion that names this event (NIP-09), so that queries do not find it: a kind 5 of
    /// the same author, or of the relay itself, with its id; or a kind 5 of the same author with its address, that is
    /// not older. The event need not be in the log yet. Deletions themselves are never deleted.
    ///
    /// Two seeks for an author who has never deleted anything.
    public func isDeleted(_ event: Event) throws -> Bool {
        guard event.kind != .deletion else { return false }
        if try newest(.tag, below: IndexKey.moderated(event.id)) != nil { return true }
        let own = IndexKey.author(event.pubkey, .deletion)
        guard try newest(.authorKind, below: own) != nil else { return false }
        if try newest(.tag, below: IndexKey.deleted(event.id, by: event.pubkey)) != nil { return true }
        guard let coordinate = IndexKey.coordinate(event) else { return false }
        guard let deletion = try newest(.tag, below: IndexKey.deleted(coordinate)) else { return false }
        return deletion.createdAt >= UInt64(event.createdAt)
    }

    /// Whether the log serves any deletion.
    func hasDeletions() throws -> Bool { try newest(.kind, below: IndexKey.kind(.deletion)) != nil }

    /// The rank of the newest event below a prefix of a table.
    private func newest(_ table: Table, below prefix: Key) throws -> IndexKey.Rank? {
        let top = IndexKey.key(
            prefix, IndexKey.Rank(createdAt: .max, idComplement: .max), IndexKey.lastPosition)
        return try transaction.withCursor(table) { cursor in
            try cursor.seekBackwards(top).flatMap { IndexKey.read($0.key, after: prefix)?.rank }
        }
    }
}
