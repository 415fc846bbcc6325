import Nostr
import Synchronization

/// How many events each key may publish, or how often each address may come: a bucket of tokens for each, filled at a
/// steady rate.
///
/// All connections share it, so that a key has no more on many connections than on one. Costs a lock and a look into a
/// dictionary, some 0.1 µs, and comes before everything that costs more.
final class RateLimiter<Key: Hashable & Sendable>: Sendable {
    /// Keys that are remembered at once.
    static var maximumKeys: Int { 65_536 }
    /// Tokens are counted in millionths, so that no microsecond gets lost.
    private static var scale: Int64 { 1_000_000 }

    private struct Bucket {
        var tokens: Int64
        var time: Int64
    }

    private struct State {
        var buckets: [Key: Bucket] = [:]
        /// Until then there is no use in looking for buckets that can be forgotten.
        var nextSweep: Int64 = 0
    }

    private let perSecond: Int64
    private let most: Int64
    /// What those hear for whom there is no room.
    private let admitsUnknown: Bool
    private let state = Mutex(State())

    /// - Parameters:
    ///   - perSecond: events a second, for as long as it likes; 0 for no limit.
    ///   - burst: events at once, after a rest.
    ///   - admitsUnknown: whether one more key than are remembered at once is let through, or refused.
    init(perSecond: Int, burst: Int, admitsUnknown: Bool = false) {
        self.admitsUnknown = admitsUnknown
        self.perSecond = Int64(perSecond)
        most = Int64(max(burst, 1)) * RateLimiter.scale
    }

    /// Whether a key may publish one more event, which is counted.
    ///
    /// - Parameter now: the clock in microseconds.
    func admits(_ key: Key, at now: Int64) -> Bool {
        guard perSecond > 0 else { return true }
        return state.withLock { state in
            var bucket = state.buckets[key]
            if bucket == nil {
                guard makeRoom(&state, now) else { return admitsUnknown }
                bucket = Bucket(tokens: most, time: now)
            }
            guard var bucket else { return false }
            bucket.tokens = tokens(bucket, now)
            bucket.time = now
            let isAdmitted = bucket.tokens >= RateLimiter.scale
            if isAdmitted { bucket.tokens -= RateLimiter.scale }
            state.buckets[key] = bucket
            return isAdmitted
        }
    }

    /// How many keys are remembered.
    var keyCount: Int { state.withLock { $0.buckets.count } }

    private func tokens(_ bucket: Bucket, _ now: Int64) -> Int64 {
        // A clock that steps back fills nothing.
        let elapsed = min(max(0, now - bucket.time), most / perSecond + 1)
        return min(most, bucket.tokens + elapsed * perSecond)
    }

    /// Forgets the keys that rested long enough, when there is no room, but not more often than once a second.
    private func makeRoom(_ state: inout State, _ now: Int64) -> Bool {
        if state.buckets.count < RateLimiter.maximumKeys { return true }
        guard now >= state.nextSweep else { return false }
        state.nextSweep = now + RateLimiter.scale
        state.buckets = state.buckets.filter { tokens($0.value, now) < most }
        return state.buckets.count < RateLimiter.maximumKeys
    }
}
