import Foundation
import Nostr

/// From a connect request sent to both calls received, on an otherwise idle relay.
enum Pairing {
    /// Seconds of each pairing.
    static func run(rounds: Int) throws -> [Double] {
        let (caller, target) = (Workload.key("caller"), Workload.key("target"))
        let relay = try RelayProcess(members: [caller.publicKey, target.publicKey])
        defer {
            relay.stop()
            relay.remove()
        }
        let ends = try [caller, target].map { key in
            let client = try WebSocketClient(port: relay.port)
            try client.authenticate(as: key, port: relay.port)
            try client.send(#"["REQ","calls",{"kinds":[24622],"\#("#")p":["\#(key.publicKey.hex)"],"limit":0}]"#)
            while try !client.read({ $0.contains("\"EOSE\"") }) {}
            return client
        }
        var samples: [Double] = []
        for round in 0..<rounds {
            let event = Workload.connectRequest(
                from: caller, to: target.publicKey, attempt: round, at: Int64(time(nil)))
            let text = "[\"EVENT\",\(String(decoding: event.raw, as: UTF8.self))]"
            samples.append(
                try seconds {
                    try ends[0].send(text)
                    while try !ends[1].read({ $0.contains("\"EVENT\"") }) {}
                    while try !ends[0].read({ $0.contains("\"EVENT\"") }) {}
                })
            // Below the limit of twenty requests a second.
            usleep(60_000)
        }
        return samples
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the text stands at the beginning of a message, behind its bracket.
    func contains(_ text: StaticString) -> Bool {
        dropFirst().starts(with: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
