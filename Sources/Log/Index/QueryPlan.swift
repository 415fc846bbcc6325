import Nostr

/// Where one filter's events are looked for: in one table, below a few prefixes.
enum QueryPlan: Equatable {
    /// Nothing can match.
    case nothing
    /// Through the ids that the filter names.
    case ids([EventID])
    /// Below these prefixes of a table.
    case ranges(Table, [Key])

    /// Most prefixes for one filter, beyond which a coarser table is walked and more of what it gives is passed over.
    static let maximumRanges = 1_000

    /// The most selective way: ids, else tags, else author with kind, else author, else kind, else everything by time.
    ///
    /// - Parameter ignoringLimit: whether a filter with a limit of 0 is answered all the same.
    init(_ filter: Filter, ignoringLimit: Bool = false) {
        let kinds = filter.kinds.map { $0.filter { !$0.isEphemeral } }
        let since = filter.since ?? 0
        let until = filter.until ?? .max
        let hasEmptyList =
            filter.ids?.isEmpty == true || filter.authors?.isEmpty == true || kinds?.isEmpty == true
            || filter.tags.contains { $0.values.isEmpty }
        if hasEmptyList || until < 0 || since > until || !ignoringLimit && filter.limit.map({ $0 <= 0 }) == true {
            self = .nothing
        } else if let ids = filter.ids {
            self = .ids(ids)
        } else if let tag = filter.tags.min(by: { $0.values.count < $1.values.count }) {
            let prefixes = tag.values.map { value in value.utf8.withUnsafeBytes { IndexKey.tag(tag.letter, $0) } }
            self = .ranges(.tag, prefixes)
        } else if let authors = filter.authors {
            if let kinds, authors.count * kinds.count <= QueryPlan.maximumRanges {
                let pairs = authors.flatMap { author in kinds.map { IndexKey.author(author, $0) } }
                self = .ranges(.authorKind, pairs)
            } else {
                self = .ranges(.author, authors.map { IndexKey.author($0) })
            }
        } else if let kinds {
            self = .ranges(.kind, kinds.map { IndexKey.kind($0) })
        } else {
            self = .ranges(.created, [IndexKey.created])
        }
    }

    /// Whether an event that is found below one of the prefixes meets all of the filter's conditions, so that it need
    /// not be read to be counted. Authors and tags stand in the keys with eight bytes of themselves or of their
    /// SHA-256: nobody else has the same ones by accident, nor, in any time that matters, on purpose.
    func decides(_ filter: Filter) -> Bool {
        guard case .ranges(let table, _) = self else { return false }
        switch table {
        case .tag: return filter.tags.count == 1 && filter.authors == nil && filter.kinds == nil
        case .author: return filter.kinds == nil
        default: return true
        }
    }
}
