import Foundation
import Nostr

/// From a connect request sent to both calls received.
struct Pairing {
    static let caller = Workload.key("caller")
    static let target = Workload.key("target")
    /// Between two requests: below the limit of twenty a second.
    private static let pauseMicroseconds: UInt32 = 60_000

    private let ends: [WebSocketClient]
    private var attempts = 0

    /// Both ends of a pair, connected and listening.
    init(on relay: RelayProcess) throws {
        ends = try [Pairing.caller, Pairing.target].map { key in
            let client = try WebSocketClient(port: relay.port)
            try client.authenticate(as: key, port: relay.port)
            try client.listenForCalls(to: key.publicKey)
            return client
        }
    }

    /// Seconds of one pairing.
    mutating func once() throws -> Double {
        attempts += 1
        let event = Workload.connectRequest(
            from: Pairing.caller, to: Pairing.target.publicKey, attempt: attempts, at: Int64(time(nil)))
        let text = "[\"EVENT\",\(String(decoding: event.raw, as: UTF8.self))]"
        return try seconds {
            try ends[0].send(text)
            while try !ends[1].read({ $0.contains("\"EVENT\"") }) {}
            while try !ends[0].read({ $0.contains("\"EVENT\"") }) {}
        }
    }

    /// Seconds of each of some pairings, taken in turns on several relays: what disturbs the machine meanwhile disturbs
    /// all of them.
    static func run(_ pairings: inout [Pairing], rounds: Int) throws -> [[Double]] {
        var samples: [[Double]] = pairings.map { _ in [] }
        for round in 0..<rounds {
            for turn in pairings.indices {
                let index = (turn + round) % pairings.count
                samples[index].append(try pairings[index].once())
                usleep(pauseMicroseconds)
            }
        }
        return samples
    }

    /// Seconds of each pairing on an otherwise idle relay.
    static func run(rounds: Int) throws -> [Double] {
        let relay = try RelayProcess(members: [caller.publicKey, target.publicKey])
        defer {
            relay.stop()
            relay.remove()
        }
        var pairings = [try Pairing(on: relay)]
        return try run(&pairings, rounds: rounds)[0]
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the text stands at the beginning of a message, behind its bracket.
    func contains(_ text: StaticString) -> Bool {
        dropFirst().starts(with: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
