import Foundation
import Nostr

/// Pairings while others publish at a steady rate.
enum PairingUnderLoad {
    struct Result {
        /// Events that were taken a second meanwhile.
        var eventsPerSecond: Double
        var pairings: [Double]
    }

    private static let publishers = 4
    /// Events are sent so many times a second, each time as many as are due.
    private static let wakesPerSecond = 200.0
    /// Seconds before the first pairing.
    private static let warmUpSeconds: UInt32 = 1

    static func run(perSecond: Int, rounds: Int) throws -> Result {
        let keys = (0..<publishers).map { Workload.key("steady \($0)") }
        let seconds = 3 + rounds / 10
        let share = perSecond * seconds / publishers
        let notes = keys.map { Workload.notes(share, by: $0, from: Int64(time(nil)) - 86_400) }
        let relay = try RelayProcess(
            members: keys.map(\.publicKey) + [Pairing.caller, Pairing.target].map(\.publicKey))
        defer {
            relay.stop()
            relay.remove()
        }
        var pair = [try Pairing(on: relay)]
        let feeders = try zip(keys, notes).map { key, notes in
            let client = try WebSocketClient(port: relay.port)
            try client.authenticate(as: key, port: relay.port)
            return Feeder(client, notes, perSecond: Double(perSecond) / Double(publishers))
        }
        for feeder in feeders { feeder.start() }
        sleep(warmUpSeconds)
        let (before, begun) = (feeders.reduce(0) { $0 + $1.answered }, DispatchTime.now().uptimeNanoseconds)
        let samples = try Pairing.run(&pair, rounds: rounds)[0]
        let elapsed = Double(DispatchTime.now().uptimeNanoseconds - begun) / 1e9
        let answered = feeders.reduce(0) { $0 + $1.answered } - before
        for feeder in feeders { feeder.stop() }
        return Result(eventsPerSecond: Double(answered) / elapsed, pairings: samples)
    }

    /// Publishes at a rate until it is stopped, and counts what was taken.
    private final class Feeder: @unchecked Sendable {
        private let client: WebSocketClient
        private let notes: [[UInt8]]
        private let perSecond: Double
        private let group = DispatchGroup()
        // Guarded by the lock.
        private let lock = NSLock()
        private var isOver = false
        private var count = 0

        init(_ client: WebSocketClient, _ notes: [[UInt8]], perSecond: Double) {
            self.client = client
            self.notes = notes
            self.perSecond = perSecond
        }

        var answered: Int { lock.withLock { count } }

        func start() {
            Thread.detachNewThread { [self] in send() }
            Thread.detachNewThread { [self] in receive() }
        }

        func stop() { lock.withLock { isOver = true } }

        private func send() {
            let begun = DispatchTime.now().uptimeNanoseconds
            var sent = 0
            while sent < notes.count, !lock.withLock({ isOver }) {
                let due = Int(Double(DispatchTime.now().uptimeNanoseconds - begun) / 1e9 * perSecond)
                var frames: [UInt8] = []
                while sent < min(due, notes.count) {
                    WebSocketClient.frame(event: notes[sent], into: &frames)
                    sent += 1
                }
                guard (try? client.write(frames)) != nil else { return }
                usleep(UInt32(1e6 / PairingUnderLoad.wakesPerSecond))
            }
        }

        private func receive() {
            while !lock.withLock({ isOver }) {
                guard (try? client.read({ _ in })) != nil else { return }
                lock.withLock { count += 1 }
            }
        }
    }
}
