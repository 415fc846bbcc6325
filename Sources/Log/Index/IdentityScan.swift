import Nostr

/// The times and ids of all stored events that match any of some filters, each once. Limits of filters do not count.
///
/// Like an `EventScan` it is done in turns, and sees the log as of the size that it was made for.
public struct IdentityScan: Sendable {
    /// The most that are listed: 40 bytes each.
    public static let maximum = 500_000

    private var merge: ScanMerge
    private let maximum: Int

    /// What was found so far: newest first, at equal times the lowest id first, which is not negentropy's order.
    public private(set) var identities: [EventIdentity] = []
    /// Whether there are more than the maximum; the scan has ended then, and what it found is not all.
    public private(set) var hasTooMany = false

    /// A scan.
    ///
    /// - Parameters:
    ///   - filters: the filters.
    ///   - size: only entries before this position.
    ///   - maximum: the most to be listed.
    public init(filters: [Filter], upTo size: UInt64, maximum: Int = IdentityScan.maximum) {
        self.maximum = maximum
        merge = ScanMerge(filters, upTo: size, ignoringLimit: true)
    }

    /// Goes on.
    ///
    /// - Parameters:
    ///   - reader: the log, now.
    ///   - now: the clock in seconds since 1970; events that have expired by then (NIP-40) are left out.
    ///   - maximumKeys: look at no more than about this many keys of the indexes before returning.
    /// - Throws: `LogError`; the scan must not be resumed after that.
    public mutating func resume(
        _ reader: borrowing LogReader, now: Int64, maximumKeys: Int
    ) throws -> ScanProgress {
        guard try merge.beginTurn(reader, maximumKeys: maximumKeys) else { return .more }
        var decoder = EntryDecoder(reader.transaction)
        while let rank = merge.next {
            let group = try merge.nextGroup(reader, now: now)
            var ids: [EventID] = []
            var seen: Set<UInt64> = []
            for match in group where seen.insert(match.seq).inserted {
                let isCertain = group.contains { $0.seq == match.seq && $0.isCertain }
                if let id = isCertain
                    ? try reader.servedID(at: match.seq, rank, &decoder)
                    : try reader.matches(group, match.seq, rank, merge.filters, &decoder)?.id
                {
                    ids.append(id)
                }
            }
            for id in ids.sorted() {
                guard identities.count < maximum else {
                    hasTooMany = true
                    return .done
                }
                identities.append(EventIdentity(createdAt: rank.createdAt, id: id))
            }
            if merge.keys >= maximumKeys { return merge.next == nil ? .done : .more }
        }
        return .done
    }
}

extension LogReader {
    /// The id of the event of an entry that an index names, which is read no further than necessary.
    func servedID(
        at seq: UInt64, _ rank: IndexKey.Rank, _ decoder: inout EntryDecoder
    ) throws(LogError) -> EventID? {
        guard let record = try storedRecord(at: seq) else { return nil }
        let view = try decoder.entry(record, seq: seq, checkingCommitment: false)
        // An event's JSON nearly always begins with its id.
        let start = idStart.utf8CodeUnitCount
        if view.hasEvent, view.isServedEvent, let document = view.documentBytes, document.count > start + 64,
            document.prefix(start).elementsEqual(UnsafeRawBufferPointer(start: idStart.utf8Start, count: start)),
            let id = EventID(hex: document.slice(start..<start + 64)),
            rank.idComplement == ~UInt32(truncatingIfNeeded: id.prefix &>> 32)
        {
            return id
        }
        return try servedEvent(at: seq, rank, &decoder)?.id
    }

    private var idStart: StaticString { "{\"id\":\"" }
}
