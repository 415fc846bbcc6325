import Log
import NIOCore
import Nostr

/// A query over HTTP: stored events or their number, found a slice at a time so that others get their turn.
///
/// It belongs to one event loop.
final class StoredQuery {
    /// Bytes of one answer.
    static let maximumBytes = 16 << 20

    /// What a query comes to.
    enum Outcome {
        case events([UInt8])
        case count(Int)
        case failed(String)
    }

    private enum Work {
        case events(EventScan, JSONWriter)
        case count(EventCount)
    }

    private let log: EventLog
    private let eventLoop: any EventLoop
    private let deadline: Int64
    private let maximumSeconds: Int
    private let done: (Outcome) -> Void
    private var work: Work

    private init(
        _ work: Work, log: EventLog, eventLoop: any EventLoop, limits: ServerLimits, done: @escaping (Outcome) -> Void
    ) {
        self.work = work
        self.log = log
        self.eventLoop = eventLoop
        self.done = done
        maximumSeconds = limits.querySeconds
        deadline = Clock.microseconds() + Int64(limits.querySeconds) * 1_000_000
    }

    /// Finds the events and hands on a JSON array of them.
    static func events(
        _ filters: [Filter], log: EventLog, on eventLoop: any EventLoop, limits: ServerLimits,
        done: @escaping (Outcome) -> Void
    ) {
        run(done) {
            var json = JSONWriter()
            json.beginArray()
            let scan = EventScan(filters: filters, upTo: try log.read { $0.size }, maximumLimit: limits.maximumLimit)
            return StoredQuery(
                .events(scan, json), log: log, eventLoop: eventLoop, limits: limits, done: done)
        }
    }

    /// Counts the events.
    static func count(
        _ filters: [Filter], log: EventLog, on eventLoop: any EventLoop, limits: ServerLimits,
        done: @escaping (Outcome) -> Void
    ) {
        run(done) {
            let count = EventCount(filters: filters, upTo: try log.read { $0.size })
            return StoredQuery(.count(count), log: log, eventLoop: eventLoop, limits: limits, done: done)
        }
    }

    private static func run(_ done: (Outcome) -> Void, _ make: () throws -> StoredQuery) {
        do {
            try make().resume()
        } catch {
            done(.failed("error: the log cannot be read"))
        }
    }

    private func resume() {
        do {
            guard try step() else {
                guard Clock.microseconds() < deadline else {
                    return done(.failed("error: the query took longer than \(maximumSeconds) s; narrow its filters"))
                }
                return eventLoop.assumeIsolated().execute { self.resume() }
            }
        } catch {
            return done(.failed("error: the log cannot be read"))
        }
        switch work {
        case .events(_, var json):
            json.endArray()
            done(.events(json.bytes))
        case .count(let count): done(.count(count.count))
        }
    }

    /// One slice; `true` when it was the last one.
    private func step() throws -> Bool {
        let now = Clock.seconds()
        switch work {
        case .events(var scan, var json):
            let progress = try log.read { reader in
                try scan.resume(
                    reader, now: now, maximumEvents: RunningScan.eventsPerSlice,
                    maximumKeys: RunningScan.keysPerSlice
                ) { json.raw($0) }
            }
            work = .events(scan, json)
            // Newest first, so what does not fit is what a smaller limit would leave out.
            return progress == .done || json.bytes.count >= StoredQuery.maximumBytes
        case .count(var count):
            let progress = try log.read { try count.resume($0, now: now, maximumKeys: RunningScan.keysPerSlice) }
            work = .count(count)
            return progress == .done
        }
    }
}
