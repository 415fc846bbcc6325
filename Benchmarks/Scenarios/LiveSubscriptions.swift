import Foundation
import Nostr

/// What one event costs beside many subscriptions of which one matches.
enum LiveSubscriptions {
    struct Result {
        var subscriptions: Int
        /// Processor time of the relay for one event that one subscription is sent.
        var cpuSecondsPerEvent: Double
        /// Seconds from an event sent to its one delivery, median.
        var delivery: Double
    }

    private static let publisher = Workload.key("live publisher")
    /// Events in the air at a time.
    private static let window = 64
    private static let deadline = 60.0
    /// Events whose delivery is timed, one at a time.
    private static let timed = 100

    /// - Parameters:
    ///   - connections: connections that subscribe.
    ///   - each: subscriptions of one, each to a recipient of its own.
    static func run(connections: Int, each: Int, events: Int, cores: String?) throws -> Result {
        raiseFileLimit()
        let relay = try RelayProcess(
            members: [], open: true, cores: cores, settings: ["maximum_subscriptions=\(max(each, 1))"])
        defer {
            relay.stop()
            relay.remove()
        }
        let sender = try WebSocketClient(port: relay.port)
        try sender.authenticate(as: publisher, port: relay.port)
        let clients = try (0..<connections).map { try subscribe($0, each, relay) }
        let crowd = try Crowd(clients)
        var dice = Dice(seed: 5)
        let frames = (0..<events + timed).map { number in
            let place = Int.random(in: 0..<connections * each, using: &dice)
            return frame(number, to: recipient(place))
        }
        let before = relay.cpuSeconds
        var sent = 0
        while crowd.total < events {
            while sent < events, sent - crowd.total < window {
                try sender.write(frames[sent])
                sent += 1
            }
            try crowd.read(waiting: 1_000)
        }
        let cpu = relay.cpuSeconds - before
        let samples = try frames[events...].map { frame in
            usleep(5_000)
            return try seconds {
                try sender.write(frame)
                try crowd.read(until: crowd.total + 1, seconds: deadline)
            }
        }
        return Result(
            subscriptions: connections * each, cpuSecondsPerEvent: cpu / Double(events),
            delivery: quantile(samples, 0.5))
    }

    private static func recipient(_ number: Int) -> String {
        SHA256.hash(Array("live recipient \(number)".utf8)).hex
    }

    private static func subscribe(_ number: Int, _ each: Int, _ relay: RelayProcess) throws -> WebSocketClient {
        let client = try WebSocketClient(port: relay.port, bufferBytes: 1 << 14)
        try client.authenticate(as: Workload.key("subscriber \(number)"), port: relay.port)
        for index in 0..<each {
            let key = recipient(number * each + index)
            try client.send(##"["REQ","s\##(index)",{"kinds":[1],"#p":["\##(key)"],"limit":0}]"##)
            while try !client.read({ $0.contains("\"EOSE\"") }) {}
        }
        return client
    }

    private static func frame(_ number: Int, to recipient: String) -> [UInt8] {
        let note = UnsignedEvent(
            pubkey: publisher.publicKey, createdAt: Int64(time(nil)) - 60, kind: .textNote,
            tags: [["p", Text(recipient)]], content: Text("live \(number)")
        ).signed(by: publisher).raw
        var frame: [UInt8] = []
        WebSocketClient.frame(event: note, into: &frame)
        return frame
    }
}
