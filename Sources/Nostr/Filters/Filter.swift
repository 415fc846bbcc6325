/// What a subscription asks for (NIP-01): an event matches if it meets every condition that is there.
///
/// Lists are sorted and without repetition, so that filters which mean the same are equal. An empty list matches
/// nothing; an absent one, anything.
public struct Filter: Equatable, Sendable {
    /// The ids.
    public let ids: [EventID]?
    /// The authors' keys.
    public let authors: [PublicKey]?
    /// The kinds.
    public let kinds: [Kind]?
    /// The conditions on tags, at most one for each letter.
    public let tags: [TagCondition]
    /// The earliest `created_at`, inclusive, in seconds.
    public let since: Int64?
    /// The latest `created_at`, inclusive, in seconds.
    public let until: Int64?
    /// The most stored events to be sent. Says nothing about whether an event matches.
    public let limit: Int?

    /// A filter with these conditions; if `tags` has a letter twice, an event must meet both.
    public init(
        ids: [EventID]? = nil, authors: [PublicKey]? = nil, kinds: [Kind]? = nil, tags: [TagCondition] = [],
        since: Int64? = nil, until: Int64? = nil, limit: Int? = nil
    ) {
        self.ids = ids?.sortedWithoutRepetition()
        self.authors = authors?.sortedWithoutRepetition()
        self.kinds = kinds?.sortedWithoutRepetition()
        self.tags = tags.sorted { $0.letter < $1.letter }
        self.since = since
        self.until = until
        self.limit = limit
    }

    /// The values asked for in tags of this one-letter name, or `nil` if the filter does not ask.
    public func tagValues(_ letter: UInt8) -> [Text]? {
        tags.first { $0.letter == letter }?.values
    }
}

/// A filter's condition on tags: `"#p": [...]`.
public struct TagCondition: Equatable, Sendable {
    /// The tag's name, one ASCII letter.
    public let letter: UInt8
    /// The values of which one must occur, sorted and without repetition.
    public let values: [Text]

    /// A condition on tags whose name is `letter`, which must be one of a–z and A–Z.
    public init(letter: UInt8, values: [Text]) {
        precondition(TagCondition.isLetter(letter), "a tag that filters can ask for has a name of one letter")
        self.letter = letter
        self.values = values.sortedWithoutRepetition()
    }

    /// Whether `byte` is one of a–z and A–Z.
    @inline(__always)
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
}

extension Array where Element: Comparable {
    fileprivate func sortedWithoutRepetition() -> [Element] {
        guard count > 1 else { return self }
        var output: [Element] = []
        output.reserveCapacity(count)
        for element in sorted() where element != output.last { output.append(element) }
        return output
    }
}
