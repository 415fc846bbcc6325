import Log
import Nostr
import Reducers

/// Finds what the erasure of somebody's data takes out of a log.
struct ErasureSearch {
    /// Whose data.
    enum Subject: Equatable {
        /// Everything of a key: its events, its notes, the calls to it and those that carry its address to others.
        case key(PublicKey)
        /// Single events, with what followed from them.
        case events([EventID])
    }

    /// Positions looked at in one read transaction, which must be short beside a relay that writes.
    private static let entriesPerRead: UInt64 = 50_000

    let log: EventLog
    let subject: Subject

    /// The positions of what can be erased, rising.
    ///
    /// - Parameters:
    ///   - before: the log's time, in microseconds, from which on entries are too young.
    ///   - absent: takes entries that are archived and not here, so that nobody knows what they hold.
    ///   - progress: called now and then with entries done and to do.
    func positions(
        before: Int64, absent: (AbsentEntries) -> Void = { _ in }, progress: ((UInt64, UInt64) -> Void)? = nil
    ) throws -> [UInt64] {
        for run in try log.read({ try $0.absentEntries() }) { absent(run) }
        let size = try log.read { $0.size }
        var found: [UInt64] = []
        var lastCause: UInt64?
        var start: UInt64 = 0
        while start < size {
            let end = min(size, start + ErasureSearch.entriesPerRead)
            try log.read { reader in
                try reader.forEachEntry(from: start, to: end, checkingCommitments: false, absent: { _ in true }) {
                    entry in
                    let leaf = entry.leaf
                    guard leaf.time < before, leaf.flags & LeafFlags.erasable != 0 else { return true }
                    guard let bytes = entry.documentBytes else { return true }
                    let event = try Event.parse(bytes, limits: .stored)
                    let follows = leaf.type == .relayEvent && lastCause.map { leaf.seq - $0 <= 4 } ?? false
                    if concerns(event, follows: follows) {
                        found.append(leaf.seq)
                        if leaf.type == .clientEvent { lastCause = leaf.seq }
                    } else if leaf.type == .clientEvent {
                        lastCause = nil
                    }
                    return true
                }
            }
            start = end
            progress?(start, size)
        }
        return found
    }

    private func concerns(_ event: Event, follows: Bool) -> Bool {
        switch subject {
        case .events(let ids): return ids.contains(event.id) || follows
        case .key(let key):
            if event.pubkey == key { return true }
            let hex = Text(key.hex)
            switch event.kind {
            case .meshConnectRequest, .callMeNow:
                return event.tags.firstValue(of: "p") == hex || event.content.string.contains(key.hex)
            case .meshStatus:
                return event.tags.firstValue(of: "d")?.utf8.suffix(hex.utf8.count).elementsEqual(hex.utf8) ?? false
            default: return false
            }
        }
    }
}
