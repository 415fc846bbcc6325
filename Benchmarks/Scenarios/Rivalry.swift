import Foundation
import Nostr

/// The same load on two relays, one after the other: what both can do, and nothing that is ours alone.
struct Rivalry {
    /// Of 64 connections with 16 events in flight on each.
    var ingestPerSecond = 0.0
    /// Of one connection that waits for each answer.
    var alonePerSecond = 0.0
    /// Bytes that the relay's file grew by, for each event.
    var bytesPerEvent = 0.0
    /// Questions answered a second over eight connections.
    var authorsPerSecond = 0.0
    var idsPerSecond = 0.0
    /// Deliveries a second to many subscribers.
    var deliveriesPerSecond = 0.0
    /// Seconds from an event sent to its last delivery, events sent apart.
    var lastDelivery: [Double] = []

    private static let publishers = 64
    private static let window = 16
    private static let aloneEvents = 500
    private static let askers = 8
    private static let askingSeconds = 2.0
    private static let pageLimit = 100
    private static let bufferBytes = 4_096

    /// Events for both relays, signed beforehand.
    struct Load {
        let keys = (0..<publishers).map { Workload.key("rivalry \($0)") }
        let alone = Workload.key("rivalry alone")
        var notes: [[[UInt8]]]
        var aloneNotes: [[UInt8]]

        init(events: Int) {
            let since = Int64(time(nil)) - 86_400
            let share = max(Rivalry.window, events / Rivalry.publishers)
            notes = keys.map { Workload.notes(share, by: $0, from: since) }
            aloneNotes = Workload.notes(Rivalry.aloneEvents, by: alone, from: since)
        }
    }

    /// Measures a relay that is empty; it is stopped and removed.
    ///
    /// - Parameter asksForKeys: whether whoever publishes or reads has to authenticate first.
    static func run(_ relay: RelayProcess, _ load: Load, scale: Scale, asksForKeys: Bool) throws -> Rivalry {
        raiseFileLimit()
        func join(_ key: SecretKey) throws -> WebSocketClient {
            let client = try WebSocketClient(port: relay.port, bufferBytes: bufferBytes)
            if asksForKeys { try client.authenticate(as: key, port: relay.port) }
            return client
        }
        defer {
            relay.stop()
            relay.remove()
        }
        var result = Rivalry()
        let before = relay.logBytes
        let total = load.notes.reduce(0) { $0 + $1.count }
        let elapsed = try seconds { try publish(try load.keys.map(join), load.notes) }
        result.ingestPerSecond = Double(total) / elapsed
        result.bytesPerEvent = Double(relay.logBytes - before) / Double(total)
        result.alonePerSecond =
            Double(load.aloneNotes.count) / (try seconds { try publish([try join(load.alone)], [load.aloneNotes]) })
        let askers = try load.keys.prefix(askers).map(join)
        result.authorsPerSecond = try ask(askers, expecting: min(pageLimit, load.notes[0].count)) { number in
            let author = load.keys[number % load.keys.count].publicKey.hex
            return #"{"authors":["\#(author)"],"kinds":[1],"limit":\#(pageLimit)}"#
        }
        let ids = try load.notes.flatMap { try $0.map { try Event.parse($0).id.hex } }
        result.idsPerSecond = try ask(askers, expecting: 1) { #"{"ids":["\#(ids[$0 &* 7_919 % ids.count])"]}"# }
        let subscribers = try (0..<scale.subscribers).map { number in
            let client = try join(Workload.key("subscriber \(number)"))
            try FanOut.subscribe(client, filter: #"{"kinds":[1],"limit":0}"#)
            return client
        }
        let fanOut = try FanOut.deliver(
            to: subscribers, from: try join(FanOut.publisher), through: relay, events: scale.fanOutEvents,
            timed: scale.pairings)
        (result.deliveriesPerSecond, result.lastDelivery) = (fanOut.deliveriesPerSecond, fanOut.lastDelivery)
        return result
    }

    /// Keeps a window of unanswered events on every connection, and waits for all answers.
    private static func publish(_ clients: [WebSocketClient], _ notes: [[[UInt8]]]) throws {
        let crowd = try Crowd(clients)
        let window = clients.count > 1 ? window : 1
        var sent = clients.map { _ in 0 }
        let total = notes.reduce(0) { $0 + $1.count }
        while crowd.total < total {
            for (index, client) in clients.enumerated() where sent[index] - crowd.received[index] <= window / 2 {
                var frames: [UInt8] = []
                while sent[index] < notes[index].count, sent[index] - crowd.received[index] < window {
                    WebSocketClient.frame(event: notes[index][sent[index]], into: &frames)
                    sent[index] += 1
                }
                if !frames.isEmpty { try client.write(frames) }
            }
            try crowd.read(waiting: 1_000)
        }
    }

    /// Each connection asks, waits for the end of the answer, and asks again; returns questions a second.
    private static func ask(
        _ clients: [WebSocketClient], expecting: Int, _ filter: @escaping @Sendable (Int) -> String
    ) throws -> Double {
        let failures = LockedErrors()
        let group = DispatchGroup()
        let counts = (0..<clients.count).map { _ in Counter() }
        for (index, client) in clients.enumerated() {
            Thread.detachNewThread(in: group) {
                do {
                    let end = DispatchTime.now().uptimeNanoseconds + UInt64(askingSeconds * 1e9)
                    while DispatchTime.now().uptimeNanoseconds < end {
                        let number = counts[index].value * clients.count + index
                        _ = try Queries.ask(client, filter(number), expecting: expecting)
                        counts[index].value += 1
                    }
                } catch {
                    failures.add(error)
                }
            }
        }
        group.wait()
        if let error = failures.first { throw error }
        return Double(counts.reduce(0) { $0 + $1.value }) / askingSeconds
    }

    /// Of one thread, until that has ended.
    private final class Counter: @unchecked Sendable { var value = 0 }
}

extension Thread {
    /// Starts a thread that the group waits for.
    fileprivate static func detachNewThread(in group: DispatchGroup, _ body: @escaping @Sendable () -> Void) {
        group.enter()
        detachNewThread {
            body()
            group.leave()
        }
    }
}
