import Nostr

/// How many distinct stored events match any of some filters (NIP-45). Limits of filters do not count.
///
/// Like an `EventScan` it is done in turns, and sees the log as of the size that it was made for. Events are only read
/// where the index alone does not tell that they match.
public struct EventCount: Sendable {
    /// Where counting ends.
    public static let maximum = 1_000_000

    private var merge: ScanMerge
    private let maximum: Int

    /// The events counted so far.
    public private(set) var count = 0
    /// Whether counting ended because of the maximum, so that there may be more.
    public var isCapped: Bool { count >= maximum }

    /// A count.
    ///
    /// - Parameters:
    ///   - filters: the filters.
    ///   - size: only entries before this position.
    ///   - maximum: where counting ends.
    public init(filters: [Filter], upTo size: UInt64, maximum: Int = EventCount.maximum) {
        self.maximum = maximum
        merge = ScanMerge(filters, upTo: size, ignoringLimit: true)
    }

    /// Goes on.
    ///
    /// - Parameters:
    ///   - reader: the log, now.
    ///   - now: the clock in seconds since 1970; events that have expired by then (NIP-40) do not count.
    ///   - maximumKeys: look at no more than about this many keys of the indexes before returning.
    /// - Throws: `LogError`; the count must not be resumed after that.
    public mutating func resume(
        _ reader: borrowing LogReader, now: Int64, maximumKeys: Int
    ) throws -> ScanProgress {
        guard try merge.beginTurn(reader, maximumKeys: maximumKeys) else { return .more }
        var decoder = EntryDecoder(reader.transaction)
        while let rank = merge.next, !isCapped {
            let group = try merge.nextGroup(reader, now: now)
            var seen = Set(group.lazy.filter(\.isCertain).map(\.seq))
            count += seen.count
            for match in group where seen.insert(match.seq).inserted {
                if try reader.matches(group, match.seq, rank, merge.filters, &decoder) != nil { count += 1 }
            }
            count = min(count, maximum)
            if merge.keys >= maximumKeys { return merge.next == nil || isCapped ? .done : .more }
        }
        return .done
    }
}

extension LogReader {
    /// The event of entry `seq`, if one of the filters through which it was found matches it.
    func matches(
        _ group: [ScanMerge.Match], _ seq: UInt64, _ rank: IndexKey.Rank, _ filters: [Filter],
        _ decoder: inout EntryDecoder
    ) throws -> Event? {
        guard let event = try servedEvent(at: seq, rank, &decoder) else { return nil }
        return group.contains { $0.seq == seq && filters[$0.filter].matches(event) } ? event : nil
    }
}
