import Synchronization

/// What an operator watches: counters that every thread may raise.
///
/// Counters by name are behind one lock that is taken for nanoseconds; those of the hot path are atomics.
final class Metrics: Sendable {
    /// Names that one family of counters may have: reasons and kinds are ours, so this is never reached.
    private static let maximumNames = 256

    /// A counter by label values.
    final class Family: Sendable {
        private let counts = Mutex<[String: UInt64]>([:])

        func add(_ labels: String, _ amount: UInt64 = 1) {
            counts.withLock { counts in
                guard counts[labels] != nil || counts.count < Metrics.maximumNames else { return }
                counts[labels, default: 0] += amount
            }
        }

        var all: [(labels: String, count: UInt64)] {
            counts.withLock { $0.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
        }

        var total: UInt64 { counts.withLock { $0.values.reduce(0, +) } }
    }

    /// Observations in buckets that only grow.
    final class Histogram: Sendable {
        private struct State {
            var counts: [UInt64]
            var sum = 0.0
            var count: UInt64 = 0
        }

        let bounds: [Double]
        private let state: Mutex<State>

        init(_ bounds: [Double]) {
            self.bounds = bounds
            state = Mutex(State(counts: Array(repeating: 0, count: bounds.count)))
        }

        func observe(_ value: Double) {
            state.withLock { state in
                if let index = bounds.firstIndex(where: { value <= $0 }) { state.counts[index] += 1 }
                state.sum += value
                state.count += 1
            }
        }

        /// Cumulative counts by bound, the sum, and the number of observations.
        var snapshot: (counts: [UInt64], sum: Double, count: UInt64) {
            state.withLock { state in
                var running: UInt64 = 0
                return (
                    state.counts.map {
                        running += $0; return running
                    }, state.sum, state.count
                )
            }
        }
    }

    let startedAt = Clock.seconds()
    let process = ProcessFigures()
    /// By kind, outcome and code: `kind="24621",outcome="granted",code="granted"`.
    let decisions = Family()
    /// By what became of them: `outcome="accepted"`.
    let events = Family()
    /// By reason: what limits turned away before the log.
    let dropped = Family()
    /// By reason: checkpoints that were not published.
    let checkpointFailures = Family()
    /// By witness: cosignatures that did not come.
    let witnessFailures = Family()
    /// By path and status.
    let requests = Family()
    /// Events written to subscribers.
    let deliveries = Atomic<UInt64>(0)
    /// Entries appended to the log, by class.
    let appendedEntries = Family()
    /// Bytes of their payloads as they were before packing, by class.
    let appendedBytes = Family()
    let commits = Histogram([0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5])
    let batches = Histogram([1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500])
    /// Whether the log can be written, as far as is known.
    let isWritable = Atomic<Bool>(true)
    /// By reason: writes that failed, or that were not tried.
    let writeFailures = Family()
    /// By direction: jumps of the clock.
    let clockJumps = Family()
    /// The time of the last entry, in microseconds since 1970.
    let logTime = Atomic<Int64>(0)
    let queries = Histogram([0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30])
    let connections = Atomic<Int>(0)
    let subscriptions = Atomic<Int>(0)
    /// Inputs that wait for the sequencer now.
    let queueDepth = Atomic<Int>(0)

    func count(dropped reason: String) { dropped.add("reason=\"\(reason)\"") }

    /// The reasons for which something was or may be turned away.
    var droppedReasons: [String] {
        dropped.all.compactMap { $0.labels.split(separator: "\"").dropFirst().first.map(String.init) }
    }

    init() {
        // From the start, so that the first of each is seen as a rise.
        for (reason, _) in DropReason.meanings { dropped.add("reason=\"\(reason)\"", 0) }
    }

    func delivered(_ count: Int) { deliveries.wrappingAdd(UInt64(count), ordering: .relaxed) }
}
