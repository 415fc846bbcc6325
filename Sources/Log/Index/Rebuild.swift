import Nostr

extension EventLog {
    /// Entries whose indexes are rebuilt in one transaction.
    private static let entriesPerRebuildBatch: UInt64 = 20_000

    /// Drops the indexes and makes them anew from the entries.
    ///
    /// - Parameter isServed: whether the event of an entry is served; the log does not know what its payloads mean.
    public func rebuildIndexes(isServed: (EntryView) throws -> Bool) throws {
        let size = try read { $0.size }
        var transaction = try environment.beginWrite()
        for table in tables.index.all { try transaction.clear(table) }
        var next: UInt64 = 0
        while next < size {
            do {
                let end = min(next + EventLog.entriesPerRebuildBatch, size)
                for seq in next..<end { try reindex(seq, transaction, isServed) }
                try transaction.commit()
                next = end
            } catch let error as LMDBError where error.code == LMDBError.mapFull {
                transaction.abort()
                try environment.setMapSize(environment.usage.size * 2)
            }
            if next < size { transaction = try environment.beginWrite() }
        }
    }

    private func reindex(
        _ seq: UInt64, _ transaction: WriteTransaction, _ isServed: (EntryView) throws -> Bool
    ) throws {
        let found: (Event, Bool)? = try transaction.record(seq, tables) { view in
            guard let payload = view.payload, let document = view.document,
                let event = try? Event.parse(UnsafeRawBufferPointer(rebasing: payload[document]), limits: .stored)
            else { return nil }
            return (event, try isServed(view))
        } ?? nil
        if let (event, served) = found { _ = try transaction.index(event, served: served, at: seq, tables) }
    }
}
