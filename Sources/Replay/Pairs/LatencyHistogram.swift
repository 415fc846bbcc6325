/// Latencies in buckets that are an eighth as wide as their values: quantiles to within 12 %, in little memory however many
/// there are.
struct LatencyHistogram {
    /// Buckets of each power of two.
    private static let stepBits: Int64 = 3

    private var counts: [Int: Int] = [:]
    private(set) var total = 0
    private(set) var longest: Int64 = 0

    /// Counts one latency in microseconds.
    mutating func add(_ microseconds: Int64) {
        let value = max(0, microseconds)
        counts[LatencyHistogram.bucket(value), default: 0] += 1
        total += 1
        longest = max(longest, value)
    }

    /// The latency that this many hundredths of all do not exceed, in microseconds; `nil` for none.
    func percentile(_ hundredths: Int) -> Int64? {
        guard total > 0 else { return nil }
        let rank = max(1, (total * hundredths + 99) / 100)
        var seen = 0
        for bucket in counts.keys.sorted() {
            seen += counts[bucket] ?? 0
            if seen >= rank { return min(LatencyHistogram.upperBound(bucket), longest) }
        }
        return longest
    }

    private static func bucket(_ value: Int64) -> Int {
        let steps: Int64 = 1 << stepBits
        guard value >= steps else { return Int(value) }
        let shift = Int64(63 - value.leadingZeroBitCount) - stepBits
        return Int((shift + 1) * steps + (value >> shift) - steps)
    }

    /// The largest value in a bucket.
    private static func upperBound(_ bucket: Int) -> Int64 {
        let steps: Int64 = 1 << stepBits
        guard bucket >= steps else { return Int64(bucket) }
        let shift = Int64(bucket) / steps - 1
        return ((Int64(bucket) % steps + steps + 1) << shift) - 1
    }
}
