import Foundation
import Nostr

/// Questions to a relay with a million stored events, and what a reader of all of them does to others.
enum Queries {
    struct Result {
        /// Seconds from REQ to EOSE.
        var byAuthor: [Double]
        var byID: [Double]
        var byRecipient: [Double]
        /// Seconds to the first event of a query for everything, and to its last.
        var first: Double
        var last: Double
        /// Seconds of pairings alone and beside a reader of everything who reads slowly, in turns.
        var pairingAlone: [Double]
        var pairingBeside: [Double]
    }

    private static let reader = Workload.key("query reader")
    private static let eventsPerAuthor = 1_000
    private static let rounds = 500

    static func run(events: Int, pairings: Int, progress: (String) -> Void) throws -> Result {
        let authors = max(1, events / eventsPerAuthor)
        let store = try EventStore.events(events, authors: authors, progress: progress)
        let members = [reader, Pairing.caller, Pairing.target].map(\.publicKey)
        let relay = try RelayProcess(members: members, directory: store.copy(), settings: ["maximum_limit=1000000"])
        defer {
            relay.stop()
            relay.remove()
        }
        let client = try WebSocketClient(port: relay.port)
        try client.authenticate(as: reader, port: relay.port)
        var dice = Dice(seed: 11)
        var byAuthor: [Double] = []
        var byID: [Double] = []
        var byRecipient: [Double] = []
        for _ in 0..<rounds {
            let number = Int.random(in: 0..<events, using: &dice)
            let author = EventStore.author(number % authors).publicKey.hex
            byAuthor.append(try ask(client, #"{"authors":["\#(author)"],"kinds":[1],"limit":100}"#, expecting: 100))
            byID.append(try ask(client, #"{"ids":["\#(store.id(of: number))"]}"#, expecting: 1))
            let recipient = EventStore.recipient(number)
            byRecipient.append(try ask(client, ##"{"#p":["\##(recipient)"],"limit":10}"##, expecting: 1))
        }
        let (first, last) = try scan(client)
        var pair = [try Pairing(on: relay)]
        _ = try Pairing.run(&pair, rounds: 20)
        var alone: [Double] = []
        var beside: [Double] = []
        for _ in 0..<max(1, pairings / batch) {
            alone += try Pairing.run(&pair, rounds: batch)[0]
            let slow = try SlowReader(relay, as: reader)
            beside += try Pairing.run(&pair, rounds: batch)[0]
            slow.stop()
        }
        return Result(
            byAuthor: byAuthor, byID: byID, byRecipient: byRecipient, first: first, last: last, pairingAlone: alone,
            pairingBeside: beside)
    }

    /// Pairings between two changes of what goes on beside them.
    private static let batch = 50

    static func ask(_ client: WebSocketClient, _ filter: String, expecting: Int) throws -> Double {
        var events = 0
        let time = try seconds {
            try client.send(#"["REQ","q",\#(filter)]"#)
            while try !client.read({ $0.contains("\"EOSE\"") }) { events += 1 }
        }
        try client.send(#"["CLOSE","q"]"#)
        guard events >= expecting else { throw BenchmarkError("\(filter) gave \(events) events, not \(expecting)") }
        return time
    }

    private static func scan(_ client: WebSocketClient) throws -> (first: Double, last: Double) {
        var first = 0.0
        let begun = DispatchTime.now().uptimeNanoseconds
        func elapsed() -> Double { Double(DispatchTime.now().uptimeNanoseconds - begun) / 1e9 }
        try client.send(#"["REQ","all",{"limit":1000000}]"#)
        while try !client.read({ $0.contains("\"EOSE\"") }) { if first == 0 { first = elapsed() } }
        let last = elapsed()
        try client.send(#"["CLOSE","all"]"#)
        return (first, last)
    }
}

/// A client that asks for everything and takes a little of it at a time.
final class SlowReader: @unchecked Sendable {
    private static let bytesPerRead = 1 << 16
    private static let pauseMicroseconds: UInt32 = 20_000

    private let client: WebSocketClient
    private let group = DispatchGroup()
    // Set by `stop` alone, read by the one thread.
    private let lock = NSLock()
    private var isOver = false

    init(_ relay: RelayProcess, as key: SecretKey) throws {
        client = try WebSocketClient(port: relay.port)
        try client.authenticate(as: key, port: relay.port)
        try client.send(#"["REQ","all",{"limit":1000000}]"#)
        DispatchQueue.global().async(group: group) { [self] in
            var buffer = [UInt8](repeating: 0, count: SlowReader.bytesPerRead)
            while !lock.withLock({ isOver }), recv(client.descriptor, &buffer, buffer.count, 0) > 0 {
                usleep(SlowReader.pauseMicroseconds)
            }
        }
    }

    func stop() {
        lock.withLock { isOver = true }
        group.wait()
    }
}
