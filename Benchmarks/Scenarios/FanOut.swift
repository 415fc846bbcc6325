import Foundation
import Nostr

/// One event to many who subscribed to it.
enum FanOut {
    struct Result {
        var deliveriesPerSecond: Double
        /// Processor time of the relay for one delivery, the event's own check included.
        var cpuSecondsPerDelivery: Double
        /// The part of the time in which this program used its core: near one, it is what was measured.
        var clientUtilisation: Double
        /// Seconds from an event sent to the last of its deliveries, events sent apart.
        var lastDelivery: [Double]
    }

    static let publisher = Workload.key("fan-out publisher")
    /// Events in the air at a time.
    private static let window = 32
    /// Milliseconds between two events when each is timed.
    private static let paceMicroseconds: UInt32 = 40_000
    private static let deadline = 60.0

    static func run(subscribers: Int, events: Int, timed: Int, cores: String?) throws -> Result {
        raiseFileLimit()
        let relay = try RelayProcess(members: [], open: true, cores: cores)
        defer {
            relay.stop()
            relay.remove()
        }
        let sender = try WebSocketClient(port: relay.port)
        try sender.authenticate(as: publisher, port: relay.port)
        let clients = try (0..<subscribers).map {
            try subscriber($0, relay, filter: #"{"kinds":[1],"limit":0}"#)
        }
        return try deliver(to: clients, from: sender, through: relay, events: events, timed: timed)
    }

    /// Publishes events as fast as everybody gets them, then some more apart from each other.
    static func deliver(
        to subscribers: [WebSocketClient], from sender: WebSocketClient, through relay: RelayProcess, events: Int,
        timed: Int
    ) throws -> Result {
        let crowd = try Crowd(subscribers)
        let notes = Workload.notes(events + timed, by: publisher, from: Int64(time(nil)) - 86_400)
        let frames = notes.map { note in
            var frame: [UInt8] = []
            WebSocketClient.frame(event: note, into: &frame)
            return frame
        }
        let (cpu, own) = (relay.cpuSeconds, processorSeconds())
        let elapsed = try seconds {
            var sent = 0
            while crowd.total < events * subscribers.count {
                while sent < events, sent - crowd.total / subscribers.count < window {
                    try sender.write(frames[sent])
                    sent += 1
                }
                try crowd.read(waiting: 1_000)
            }
        }
        let deliveries = Double(events * subscribers.count)
        let used = (relay.cpuSeconds - cpu, processorSeconds() - own)
        let samples = try frames[events...].map { frame in
            usleep(paceMicroseconds)
            let wanted = crowd.total + subscribers.count
            return try seconds {
                try sender.write(frame)
                try crowd.read(until: wanted, seconds: deadline)
            }
        }
        return Result(
            deliveriesPerSecond: deliveries / elapsed, cpuSecondsPerDelivery: used.0 / deliveries,
            clientUtilisation: used.1 / elapsed, lastDelivery: samples)
    }

    /// A connection with a key of its own and one subscription that is answered.
    static func subscriber(_ number: Int, _ relay: RelayProcess, filter: String) throws -> WebSocketClient {
        let client = try WebSocketClient(port: relay.port, bufferBytes: 4_096)
        try client.authenticate(as: Workload.key("subscriber \(number)"), port: relay.port)
        try subscribe(client, filter: filter)
        return client
    }

    static func subscribe(_ client: WebSocketClient, filter: String) throws {
        try client.send(#"["REQ","all",\#(filter)]"#)
        while try !client.read({ $0.contains("\"EOSE\"") }) {}
    }
}

/// Seconds of processor time that this program has used.
func processorSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }
