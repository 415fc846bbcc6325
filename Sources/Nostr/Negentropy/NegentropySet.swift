/// One side's events, sorted, with the sums that make the fingerprint of any range cheap. About 42 bytes an event.
public struct NegentropySet: Sendable {
    /// Events between two sums that are kept: what a fingerprint adds up by itself at either end of its range.
    private static let stride = 16

    /// The events in negentropy's order, each once.
    public let items: [EventIdentity]
    /// The sum of the ids before every `stride`-th event.
    private let sums: [IDSum]

    /// A set of these events, in whatever order they come, each of them counted once.
    public init(_ items: some Sequence<EventIdentity>) {
        var sorted = items.sorted()
        var kept = 0
        for index in sorted.indices where index == 0 || sorted[index] != sorted[kept - 1] {
            sorted[kept] = sorted[index]
            kept += 1
        }
        sorted.removeLast(sorted.count - kept)
        self.init(sorted: sorted)
    }

    /// A set of events as queries find them: newest first, at equal times the lowest id first. Takes linear time for
    /// events that really are in that order.
    public init(newestFirst items: [EventIdentity]) {
        var ordered = items
        ordered.reverse()
        var start = 0
        while start < ordered.count {
            var end = start + 1
            while end < ordered.count, ordered[end].createdAt == ordered[start].createdAt { end += 1 }
            if end - start > 1 { ordered[start..<end].reverse() }
            start = end
        }
        let isInOrder = zip(ordered, ordered.dropFirst()).allSatisfy { $0 < $1 }
        if isInOrder { self.init(sorted: ordered) } else { self.init(items) }
    }

    private init(sorted items: [EventIdentity]) {
        self.items = items
        var sums: [IDSum] = []
        sums.reserveCapacity(items.count / NegentropySet.stride + 1)
        var sum = IDSum()
        for (index, item) in items.enumerated() {
            if index.isMultiple(of: NegentropySet.stride) { sums.append(sum) }
            sum += item.id
        }
        precondition((items.last?.createdAt ?? 0) < NegentropyBound.infiniteTime, "no event is at the end of time")
        if items.count.isMultiple(of: NegentropySet.stride) { sums.append(sum) }
        self.sums = sums
    }

    /// How many events there are.
    public var count: Int { items.count }

    /// The index of the first event at or behind a bound, looked for from `start` on.
    func index(of bound: NegentropyBound, from start: Int) -> Int {
        var (low, high) = (start, items.count)
        while low < high {
            let middle = low + (high - low) / 2
            if items[middle] < bound.place { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func fingerprint(_ range: Range<Int>) -> NegentropyFingerprint {
        NegentropyFingerprint(of: sum(before: range.upperBound) - sum(before: range.lowerBound), count: range.count)
    }

    private func sum(before index: Int) -> IDSum {
        var sum = sums[index / NegentropySet.stride]
        for item in items[(index - index % NegentropySet.stride)..<index] { sum += item.id }
        return sum
    }
}
