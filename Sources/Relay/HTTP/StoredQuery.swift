import Log
import NIOCore
import Nostr

/// A query over HTTP: stored events or their number, found a slice at a time so that others get their turn.
///
/// It belongs to one connection's event loop, and ends without an answer when the connection does.
final class StoredQuery {
    /// Bytes of one answer.
    static let maximumBytes = 16 << 20

    /// What a query comes to.
    enum Outcome {
        case events([UInt8])
        case count(Int)
        case tooSlow
        /// The events that match take more than `maximumBytes`.
        case tooLarge
        case failed
    }

    /// One slice of the work; `true` when it was the last one.
    private typealias Slice = () throws -> Bool

    private let channel: any Channel
    private let metrics: Metrics
    private let turns: Turns?
    private let limit: Duration
    /// How much time all slices took so far.
    private var spent = Duration.zero
    private let done: (Outcome) -> Void

    private init(_ channel: any Channel, _ context: DoorContext, _ done: @escaping (Outcome) -> Void) {
        self.channel = channel
        self.done = done
        metrics = context.metrics
        turns = context.turns[channel]
        limit = .seconds(context.limits.querySeconds)
    }

    /// Finds the events and hands on a JSON array of them.
    static func events(
        _ filters: [Filter], on channel: any Channel, _ context: DoorContext, done: @escaping (Outcome) -> Void
    ) {
        guard let size = try? context.log.read({ $0.size }) else { return done(.failed) }
        var scan = EventScan(filters: filters, upTo: size, maximumLimit: context.limits.maximumLimit)
        var json = JSONWriter()
        json.beginArray()
        let slice = {
            let progress = try context.log.read { reader in
                try scan.resume(
                    reader, now: Clock.seconds(), maximumEvents: RunningScan.eventsPerSlice,
                    maximumKeys: RunningScan.keysPerSlice
                ) { json.raw($0) }
            }
            return progress == .done || json.bytes.count > maximumBytes
        }
        StoredQuery(channel, context, done).run(slice) {
            // A part of an answer looks like a whole one.
            guard json.bytes.count <= maximumBytes else { return .tooLarge }
            json.endArray()
            return .events(json.bytes)
        }
    }

    /// Counts the events.
    static func count(
        _ filters: [Filter], on channel: any Channel, _ context: DoorContext, done: @escaping (Outcome) -> Void
    ) {
        guard let size = try? context.log.read({ $0.size }) else { return done(.failed) }
        var count = EventCount(filters: filters, upTo: size)
        let slice = {
            try context.log.read { reader in
                try count.resume(reader, now: Clock.seconds(), maximumKeys: RunningScan.keysPerSlice) == .done
            }
        }
        StoredQuery(channel, context, done).run(slice) { .count(count.count) }
    }

    private func run(_ slice: @escaping Slice, _ outcome: @escaping () -> Outcome) {
        guard channel.isActive else { return }
        do {
            let begun = ContinuousClock.now
            let isDone = try slice()
            spent += ContinuousClock.now - begun
            guard isDone else {
                guard spent < limit else { return finish(.tooSlow) }
                guard let turns else { return finish(.failed) }
                return turns.later { self.run(slice, outcome) }
            }
        } catch {
            return finish(.failed)
        }
        finish(outcome())
    }

    private func finish(_ outcome: Outcome) {
        metrics.queries.observe(spent.seconds)
        done(outcome)
    }
}
