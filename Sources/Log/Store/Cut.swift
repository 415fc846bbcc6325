import Nostr

/// A copy of a log that was cut to a range: it has every leaf, so that its root and all proofs are those of the whole log,
/// and the payloads of the range. Of the entries before and behind it keeps the few that say whose log it is.
///
/// Where the range begins behind entry 0, a snapshot stands in for what came before. It is not taken on trust: the first
/// leaf of the range commits to its hash.
public struct Cut: Equatable, Sendable {
    /// The positions whose payloads are all there, but for those that were erased in the log itself.
    public var range: Range<UInt64>

    /// A cut to that range.
    public init(range: Range<UInt64>) { self.range = range }

    /// The key in table `meta`.
    static let key = Head.metaKey("cut")

    /// Checksum, first position, position behind the last.
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: range.lowerBound)
        bytes.append(bigEndian: range.upperBound)
        return Checksum.sealed(bytes, seed: 0)
    }

    /// - Throws: `LogError.damaged`
    init(_ bytes: UnsafeRawBufferPointer) throws(LogError) {
        guard let rest = Checksum.opened(bytes, seed: 0), rest.count == 16 else { throw Cut.damaged }
        let (lower, upper) = (rest.number(at: 0, as: UInt64.self), rest.number(at: 8, as: UInt64.self))
        guard lower < upper else { throw Cut.damaged }
        range = lower..<upper
    }

    private static let damaged = LogError.damaged(seq: nil, reason: "what says to which range it was cut is damaged")
}

extension LogReader {
    /// To which range this copy was cut; `nil` for a whole log.
    public func cut() throws -> Cut? {
        guard let bytes = try transaction.value(.meta, Cut.key) else { return nil }
        let cut = try Cut(bytes)
        guard cut.range.upperBound <= size else {
            throw LogError.damaged(seq: nil, reason: "it was cut to a range that it does not have")
        }
        return cut
    }
}

extension Batch {
    /// Makes an empty log one that is cut to a range, in which `withhold` may leave payloads out. Nobody will ever append
    /// to it but the copy that is being made.
    public func begin(_ cut: Cut) throws {
        guard size == 0 else { throw LogError.misuse("a log that has entries cannot be cut") }
        try perform(.begin(cut)) { try $0.begin(cut) }
    }

    /// Appends an entry of another log without its payload.
    ///
    /// - Throws: `LogError.misuse` for a leaf that cannot be the next one, or that has to keep its payload.
    public func withhold(_ leaf: Leaf) throws {
        try look { try $0.checkWithholdable(leaf) }
        try perform(.withhold(leaf)) { try $0.withhold(leaf) }
    }
}

extension BatchWriter {
    func begin(_ cut: Cut) throws(LMDBError) { try transaction.put(.meta, Cut.key, cut.encoded) }

    func checkWithholdable(_ leaf: Leaf) throws {
        guard let bytes = try transaction.value(.meta, Cut.key), !(try Cut(bytes).range.contains(leaf.seq)) else {
            throw LogError.misuse("entry \(leaf.seq) has to keep its payload")
        }
        guard leaf.seq == head.frontier.size, leaf.time >= head.lastTime else {
            throw LogError.misuse("the leaf of entry \(leaf.seq) is not the next one")
        }
    }

    func withhold(_ leaf: Leaf) throws {
        try transaction.put(.entry, Key(leaf.seq), Record.erased(leaf), isLast: true)
        _ = try add(leaf, nil)
    }
}

extension EventLog {
    /// Whether it is no cut copy: nobody may go on writing one of those.
    func isWhole() throws(LogError) -> Bool {
        do { return try read { try $0.cut() == nil } } catch { throw LogError(any: error) }
    }
}
