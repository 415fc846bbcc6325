import Nostr

extension Batch {
    /// Whether an event of this id is served, by an earlier entry or by one of this batch, or was until a newer one of
    /// the same address took its place, until it was deleted or until it expired.
    ///
    /// - Parameter version: a version of the log in which it was not (`EventLog.lookUp`): then only what came since is
    ///   looked at, which is in memory.
    public func contains(_ id: EventID, absentFrom version: LogVersion? = nil) throws -> Bool {
        try look { try $0.contains(id, absentFrom: version) }
    }

    /// Whether a deletion (NIP-09) that is served, by an earlier entry or by one of this batch, names this event, which
    /// need not be in the log: see `LogReader.isDeleted`.
    public func isDeleted(_ event: Event) throws -> Bool { try look { try $0.isDeleted(event) } }
}
