import Foundation
import Nostr

/// Many members who are connected and wait to be called: what each of them costs, and what a pairing beside them does.
enum Idle {
    /// Threads that connect the crowd.
    private static let connectors = 16
    /// Connections that share one source address: well below the ports that one address has.
    private static let connectionsPerAddress = 10_000
    /// A waiting client reads a challenge, an OK and an EOSE.
    private static let clientBufferBytes = 1024
    private static let warmUpRounds = 20
    /// How long the relay rests before its memory is read.
    private static let settleSeconds: UInt32 = 3
    /// How long its processor time is watched.
    private static let watchSeconds: UInt32 = 10

    struct Result {
        var connections: Int
        /// Seconds until everybody was connected, authenticated and listening.
        var connectSeconds: Double
        /// Bytes of the relay before the crowd.
        var baselineBytes: Int
        /// What one connection adds to the resident set, and to the heap.
        var residentPerConnection: Double
        var anonymousPerConnection: Double
        /// The same for the heap when everybody has gone, and when as many others have come.
        var anonymousPerConnectionAfter: Double
        var anonymousPerConnectionAgain: Double
        /// What the kernel adds for sockets and files, both ends.
        var kernelPerConnection: Double
        /// The part of one core that the relay uses beside the crowd while nothing happens.
        var idleProcessor: Double
        /// Seconds of a pairing on a relay that nobody else is connected to, and beside the crowd, taken in turns.
        var alone: Quantiles
        var beside: Quantiles
    }

    struct Quantiles {
        var p50: Double
        var p99: Double

        init(_ samples: [Double]) {
            p50 = quantile(samples, 0.5)
            p99 = quantile(samples, 0.99)
        }
    }

    static func run(connections: Int, rounds: Int) throws -> Result {
        raiseFileLimit()
        let relays = try [RelayProcess(members: [], open: true), RelayProcess(members: [], open: true)]
        defer {
            for relay in relays {
                relay.stop()
                relay.remove()
            }
        }
        let relay = relays[1]
        var pairings = try relays.map { try Pairing(on: $0) }
        // Once for the first time: what is made lazily belongs to the baseline.
        _ = try Pairing.run(&pairings, rounds: warmUpRounds)
        let (baseline, kernelBefore) = (try relay.memory(), kernelBytes())
        var crowd: [WebSocketClient] = []
        let connectSeconds = try seconds { crowd = try connect(connections, to: relay.port) }
        sleep(settleSeconds)
        let (full, kernelFull) = (try relay.memory(), kernelBytes())
        let cpu = relay.cpuSeconds
        sleep(watchSeconds)
        let idleProcessor = (relay.cpuSeconds - cpu) / Double(watchSeconds)
        let samples = try Pairing.run(&pairings, rounds: rounds).map(Quantiles.init)
        crowd = []
        sleep(settleSeconds)
        let empty = try relay.memory()
        crowd = try connect(connections, to: relay.port)
        sleep(settleSeconds)
        let again = try relay.memory()
        guard crowd.count == connections else { throw BenchmarkError("the crowd is incomplete") }
        func each(_ bytes: Int) -> Double { Double(bytes) / Double(connections) }
        return Result(
            connections: connections, connectSeconds: connectSeconds, baselineBytes: baseline.resident,
            residentPerConnection: each(full.resident - baseline.resident),
            anonymousPerConnection: each(full.anonymous - baseline.anonymous),
            anonymousPerConnectionAfter: each(empty.anonymous - baseline.anonymous),
            anonymousPerConnectionAgain: each(again.anonymous - baseline.anonymous),
            kernelPerConnection: each(kernelFull - kernelBefore), idleProcessor: idleProcessor, alone: samples[0],
            beside: samples[1])
    }

    /// Connects as clients do: each with a key of its own, listening for its calls.
    private static func connect(_ count: Int, to port: Int) throws -> [WebSocketClient] {
        let failures = LockedErrors()
        let parts = (0..<connectors).map { Part(numbers: stride(from: $0, to: count, by: connectors)) }
        DispatchQueue.concurrentPerform(iterations: connectors) { index in
            do {
                for number in parts[index].numbers {
                    let key = Workload.key("idle \(number)")
                    let client = try WebSocketClient(
                        port: port, from: "127.0.0.\(2 + number / connectionsPerAddress)",
                        bufferBytes: clientBufferBytes)
                    try client.authenticate(as: key, port: port)
                    try client.listenForCalls(to: key.publicKey)
                    parts[index].clients.append(client)
                }
            } catch {
                failures.add(error)
            }
        }
        if let error = failures.first { throw error }
        return parts.flatMap(\.clients)
    }

    /// What one thread connects; touched by that thread alone until all have ended.
    private final class Part: @unchecked Sendable {
        let numbers: StrideTo<Int>
        var clients: [WebSocketClient] = []

        init(numbers: StrideTo<Int>) { self.numbers = numbers }
    }
}
