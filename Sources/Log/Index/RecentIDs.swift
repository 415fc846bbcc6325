import Nostr

/// A state of the log as a whole: each commit makes the next one.
public struct LogVersion: Equatable, Sendable {
    /// LMDB's number of the transaction that made it.
    let transaction: UInt64
}

/// The first bytes of the ids that came lately, so that the writer need not look for an id in the table again that a
/// reader has not found a moment ago: only what came since then matters.
///
/// It may hold more than came, which costs a look into the table, but nothing that came is missing.
struct RecentIDs: Sendable {
    /// Ids of a generation, of which there are two. What a reader saw is not older than the events that wait for the
    /// writer, and those are fewer.
    static let generation = 8_192

    private struct Generation {
        /// All ids are here that came with transactions of this number and later.
        var first: UInt64
        var prefixes: Set<UInt64> = []
    }

    private var newer: Generation?
    private var older: Generation?

    /// A transaction begins to write.
    mutating func begin(_ transaction: UInt64) {
        if newer.map({ $0.prefixes.count >= RecentIDs.generation }) ?? true {
            older = newer
            newer = Generation(first: transaction)
        }
    }

    /// An id is served from now on.
    mutating func insert(_ id: EventID) { newer?.prefixes.insert(id.prefix) }

    /// Whether an id that was absent from this version may be there now.
    func mayHave(_ id: EventID, since version: LogVersion) -> Bool {
        guard let newer else { return true }
        if newer.prefixes.contains(id.prefix) { return true }
        // What this transaction and later ones wrote was not in that version.
        let next = version.transaction + 1
        if newer.first <= next { return false }
        guard let older, older.first <= next else { return true }
        return older.prefixes.contains(id.prefix)
    }
}
