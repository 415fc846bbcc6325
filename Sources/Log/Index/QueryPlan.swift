import Nostr

/// Which stretches of which index one filter walks: those of its most selective field.
enum QueryPlan {
    /// Author and kind together are walked up to this many stretches; beyond, the authors alone.
    static let maximumAuthorKindRanges = 2_048

    case ids([EventID])
    case ranges(Table, [[UInt8]])

    init(_ filter: Filter, _ tables: IndexTables) {
        if let ids = filter.ids {
            self = .ids(ids)
        } else if let tag = filter.tags.min(by: { $0.values.count < $1.values.count }) {
            self = .ranges(
                tables.tag,
                tag.values.map { value in value.utf8.withUnsafeBytes { IndexPrefix.tag(tag.letter, $0) } })
        } else if let authors = filter.authors {
            if let kinds = filter.kinds, kinds.count * authors.count <= QueryPlan.maximumAuthorKindRanges {
                self = .ranges(
                    tables.authorKind, authors.flatMap { author in kinds.map { IndexPrefix.author(author, $0) } })
            } else {
                self = .ranges(tables.author, authors.map { IndexPrefix.author($0) })
            }
        } else if let kinds = filter.kinds {
            self = .ranges(tables.kind, kinds.map { IndexPrefix.kind($0) })
        } else {
            self = .ranges(tables.created, [[]])
        }
    }
}
