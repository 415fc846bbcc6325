/// Until when what was erased may matter, by the log's time (docs/design/erasure.md).
///
/// Nothing that may be erased is remembered for longer than `RelayState.memoryMicroseconds`, for as long as time passes
/// and ticks come. When it jumps, because the relay did not run or its clock was set, a note is emptied, and remembered as
/// empty, later than it would have been: then what was erased before matters for as long again, from the jump on.
public struct ErasureMemory: Sendable {
    /// What was erased matters to nothing from here on.
    public private(set) var end = Int64.min
    private var latest = Int64.min
    /// The first jump behind an erased input empties its note, so that no later one matters.
    private var mayBeProlonged = false

    /// For a log without erased inputs so far.
    public init() {}

    /// Takes note of an input that was erased.
    public mutating func note(erasedAt time: Int64, in state: borrowing RelayState) {
        pass(to: time, in: state)
        end = max(end, time + state.memoryMicroseconds)
        mayBeProlonged = true
    }

    /// Takes note of the time of the next input, before it is applied.
    public mutating func pass(to time: Int64, in state: borrowing RelayState) {
        defer { latest = time }
        guard mayBeProlonged, latest < end, time - latest >= state.jumpMicroseconds else { return }
        end = max(end, time + state.memoryMicroseconds)
        mayBeProlonged = false
    }
}
