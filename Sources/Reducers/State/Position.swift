/// Where an entry stands in the log: its sequence number and its time.
public struct Position: Hashable, Comparable, Sendable {
    /// The leaf index of the entry; the first entry is 0.
    public var seq: UInt64
    /// Microseconds since 1970; never lower than that of the entry before.
    public var time: Int64

    /// A position in the log.
    public init(seq: UInt64, time: Int64) {
        self.seq = seq
        self.time = time
    }

    /// The time in whole seconds since 1970, as Nostr events carry it.
    public var seconds: Int64 { time / Position.microsecondsPerSecond }

    /// How many of the log's units of time make one second.
    public static let microsecondsPerSecond: Int64 = 1_000_000

    /// Orders positions by sequence number.
    public static func < (left: Position, right: Position) -> Bool { left.seq < right.seq }
}
