import Dispatch
import Log
import Nostr
import Reducers

/// A run of entries, copied out of the log so that all cores can look at them at once.
///
/// It goes through four hands, one after the other: filled by one thread; every row checked by itself, each by exactly
/// one thread; applied by one thread; every step compared, each by exactly one thread. Nobody touches it meanwhile, which
/// is the argument for `@unchecked Sendable`.
final class Chunk: @unchecked Sendable {
    /// Rows or steps that one thread takes at a time.
    private static let slice = 64
    /// What an entry takes at first guess.
    private static let bytesPerEntry = 512

    /// One entry as it is stored.
    struct Row {
        let leaf: Leaf
        let salt: Bytes32?
        /// Where its payload is in the chunk's bytes; `nil` when it was erased.
        let payload: Range<Int>?
    }

    /// What can be said about an entry by itself.
    struct Result {
        enum Content {
            case input(Input)
            case signed(Event)
            /// An output without an event: compared as bytes.
            case bytes
            /// The payload was erased, as it may be.
            case erased
        }

        var content = Content.bytes
        var divergence: Divergence?
    }

    /// What goes into the tree and the counts: kept apart, since it is copied without a reference.
    struct Tally {
        var leafHash = Bytes32.zero
        var isRelayEvent = false
        var isErased = false
        var signatures: UInt8 = 0
    }

    /// One input applied, and the row of its own entry.
    struct Step {
        var row: Int
        var applied: Applied
        /// Whether an input not long before was erased, so that what was computed may stand on less than the relay knew.
        var isUncertain: Bool
    }

    /// The position of the first row.
    let first: UInt64
    private(set) var rows: [Row] = []
    private var bytes: [UInt8] = []
    private(set) var results: [Result] = []
    private(set) var tallies: [Tally] = []
    /// The inputs that were applied, in order.
    private(set) var steps: [Step] = []
    /// The first divergence among the steps; set by `compare()`.
    private(set) var divergence: Divergence?
    /// Steps that came out otherwise than recorded, for want of what was erased before; set by `compare()`.
    private(set) var uncertain: UInt64 = 0

    var count: Int { rows.count }

    init(first: UInt64, capacity: Int) {
        self.first = first
        rows.reserveCapacity(capacity)
        bytes.reserveCapacity(capacity * Chunk.bytesPerEntry)
        steps.reserveCapacity(capacity)
    }

    func append(_ entry: borrowing EntryView) { append(entry.leaf, salt: entry.salt, payload: entry.payload) }

    func append(_ leaf: Leaf, salt: Bytes32?, payload: UnsafeRawBufferPointer?) {
        let start = bytes.count
        if let payload { bytes.append(contentsOf: payload) }
        rows.append(Row(leaf: leaf, salt: salt, payload: payload == nil ? nil : start..<bytes.count))
    }

    func append(_ step: Step) { steps.append(step) }

    /// Calls `body` with a row's payload; with no bytes when it was erased.
    func withPayload<R, E: Error>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        let range = rows[index].payload ?? 0..<0
        return try bytes.withUnsafeBufferPointer { (all) throws(E) -> R in
            try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: all[range])))
        }
    }

    /// The decision in a row; `nil` for any other row, and behind the end.
    func decision(_ index: Int) -> Decision? {
        guard index < rows.count, rows[index].leaf.type == .decision, rows[index].payload != nil else { return nil }
        return withPayload(index) { try? Decision(payload: $0) }
    }

    /// Checks every entry by itself, on all cores.
    func check(_ checks: EntryCheck) {
        results = Array(repeating: Result(), count: rows.count)
        tallies = Array(repeating: Tally(), count: rows.count)
        results.withUnsafeMutableBufferPointer { results in
            tallies.withUnsafeMutableBufferPointer { tallies in
                // Each row's result and tally are written by the one thread that has its slice.
                nonisolated(unsafe) let (results, tallies) = (results, tallies)
                Chunk.onAllCores(rows.count) { index in
                    let row = rows[index]
                    withPayload(index) { checks.check(row, payload: $0, &results[index], &tallies[index]) }
                }
            }
        }
    }

    /// Compares what follows from each input that was applied with what is there, on all cores.
    func compare() {
        var divergences = [Divergence?](repeating: nil, count: steps.count)
        divergences.withUnsafeMutableBufferPointer { divergences in
            // Each step's divergence is written by the one thread that has its slice.
            nonisolated(unsafe) let divergences = divergences
            Chunk.onAllCores(steps.count) { index in
                do throws(Divergence) {
                    try StepCheck(chunk: self, step: steps[index]).run()
                } catch {
                    divergences[index] = error
                }
            }
        }
        for index in steps.indices where steps[index].isUncertain && divergences[index]?.mayFollowFromErasure == true {
            divergences[index] = nil
            uncertain += 1
        }
        divergence = divergences.lazy.compactMap { $0 }.min { ($0.position ?? .max) < ($1.position ?? .max) }
    }

    private static func onAllCores(_ count: Int, _ body: @Sendable (Int) -> Void) {
        DispatchQueue.concurrentPerform(iterations: (count + slice - 1) / slice) { part in
            for index in part * slice..<min(count, (part + 1) * slice) { body(index) }
        }
    }
}
