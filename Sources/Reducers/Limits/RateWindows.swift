import DequeModule
import Nostr

/// Fixed windows, one per key: a window opens with a key's first attempt, every attempt in it counts, and it is
/// forgotten when the log's time has passed its end (WIRE.md, "24621").
struct RateWindows: Equatable, Sendable {
    struct Window: Equatable, Sendable {
        var openedAt: Int64
        var count: Int64
    }

    /// Keys with an open window. One more key finds the limiter full, and is refused: fail closed.
    static let maximumKeys = 65_536

    /// How long a window stays open, in microseconds.
    let duration: Int64
    private(set) var windows: [PublicKey: Window] = [:]
    /// Every window once, oldest first: all windows are equally long, so they end in the order in which they opened.
    private(set) var order: Deque<Opening> = []

    struct Opening: Equatable, Sendable {
        var key: PublicKey
        var time: Int64
    }

    init(duration: Int64 = WireConstants.rateWindowMicroseconds) { self.duration = duration }

    /// Counts one attempt and returns how many there were in the window, this one included; `nil` when the limiter is
    /// full.
    mutating func count(_ key: PublicKey, at time: Int64) -> Int64? {
        forget(before: time)
        if let index = windows.index(forKey: key) {
            windows.values[index].count += 1
            return windows.values[index].count
        }
        guard windows.count < RateWindows.maximumKeys else { return nil }
        windows[key] = Window(openedAt: time, count: 1)
        order.append(Opening(key: key, time: time))
        return 1
    }

    /// How many attempts the key's current window holds.
    func current(_ key: PublicKey, at time: Int64) -> Int64 {
        guard let window = windows[key], time < window.openedAt + duration else { return 0 }
        return window.count
    }

    /// Drops the windows that have ended.
    mutating func forget(before time: Int64) {
        while let oldest = order.first, oldest.time + duration <= time {
            windows[oldest.key] = nil
            order.removeFirst()
        }
    }
}

extension RateWindows: StateCodable {
    func encode(to encoder: inout StateEncoder) {
        encoder.count(order.count)
        for opening in order {
            encoder.key(opening.key)
            encoder.number(opening.time)
            encoder.number(windows[opening.key]?.count ?? 0)
        }
    }

    init(from decoder: inout StateDecoder) throws(StateDecodingError) {
        try self.init(from: &decoder, duration: WireConstants.rateWindowMicroseconds)
    }

    init(from decoder: inout StateDecoder, duration: Int64) throws(StateDecodingError) {
        self.init(duration: duration)
        for _ in 0..<(try decoder.count(limit: RateWindows.maximumKeys)) {
            let key = try decoder.key()
            let window = Window(openedAt: try decoder.signed(), count: try decoder.signed())
            windows[key] = window
            order.append(Opening(key: key, time: window.openedAt))
        }
    }
}
