import Foundation

/// The one clock: microseconds since 1970. Only the edges of the relay read it; the reducers see the log's time.
enum Clock {
    static func microseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }

    /// Whole seconds since 1970, as Nostr events carry them.
    static func seconds() -> Int64 { microseconds() / 1_000_000 }
}
