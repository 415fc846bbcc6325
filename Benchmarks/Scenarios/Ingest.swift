import Foundation
import Nostr

/// Regular events, durable and acknowledged: pipelined over a few connections, a window of unanswered events on each.
enum Ingest {
    struct Result {
        var perSecond: Double
        /// Processor time of the relay for one event.
        var cpuSeconds: Double
        /// The part of the time in which the relay used its core, or cores.
        var utilisation: Double
        var bytesPerEvent: Double
        var jsonBytes: Double
    }

    static func run(events: Int, connections: Int, window: Int, cores: String?) throws -> Result {
        let keys = (0..<connections).map { Workload.key("ingest \($0)") }
        let share = events / connections
        let now = Int64(time(nil)) - 86_400
        let notes = keys.map { Workload.notes(share, by: $0, from: now) }
        let relay = try RelayProcess(members: keys.map(\.publicKey), cores: cores)
        defer {
            relay.stop()
            relay.remove()
        }
        let clients = try keys.map { key in
            let client = try WebSocketClient(port: relay.port)
            try client.authenticate(as: key, port: relay.port)
            return client
        }
        let before = relay.logBytes
        let cpuBefore = relay.cpuSeconds
        let elapsed = try seconds { try load(clients, notes, window: window) }
        let cpu = relay.cpuSeconds - cpuBefore
        let grown = relay.logBytes - before
        let total = share * connections
        let json = notes.joined().reduce(0) { $0 + $1.count }
        return Result(
            perSecond: Double(total) / elapsed, cpuSeconds: cpu / Double(total), utilisation: cpu / elapsed,
            bytesPerEvent: Double(grown) / Double(total),
            jsonBytes: Double(json) / Double(total))
    }

    private static func load(_ clients: [WebSocketClient], _ notes: [[[UInt8]]], window: Int) throws {
        let failures = LockedErrors()
        DispatchQueue.concurrentPerform(iterations: clients.count) { index in
            do {
                try feed(clients[index], notes[index], window: window)
            } catch {
                failures.add(error)
            }
        }
        if let error = failures.first { throw error }
    }

    /// Keeps `window` events unanswered, refilling when half of it is free.
    private static func feed(_ client: WebSocketClient, _ notes: [[UInt8]], window: Int) throws {
        var sent = 0
        var answered = 0
        while answered < notes.count {
            if sent - answered <= window / 2, sent < notes.count {
                var frames: [UInt8] = []
                while sent < notes.count, sent - answered < window {
                    WebSocketClient.frame(event: notes[sent], into: &frames)
                    sent += 1
                }
                try client.write(frames)
            }
            let accepted = try client.read {
                $0.count > 73 && $0[2] == UInt8(ascii: "O") && $0[73] == UInt8(ascii: "t")
            }
            guard accepted else { throw BenchmarkError("an event was refused") }
            answered += 1
        }
    }
}

/// Errors of several threads.
final class LockedErrors: @unchecked Sendable {
    // Guarded by the lock.
    private let lock = NSLock()
    private var errors: [any Error] = []

    func add(_ error: any Error) { lock.withLock { errors.append(error) } }
    var first: (any Error)? { lock.withLock { errors.first } }
}
