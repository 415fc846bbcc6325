import Foundation
import Nostr

/// A WebSocket client that costs as little as possible: blocking sockets, frames encoded beforehand, and a reader that
/// looks at no more than it has to. What is measured must be the relay.
final class WebSocketClient: @unchecked Sendable {
    // One thread writes and one reads; they share the descriptor only.
    let descriptor: CInt
    private var buffer: [UInt8]
    private var start = 0
    private var end = 0

    /// Connects from a source address of this machine. The buffer grows when a message needs it.
    init(port: Int, from source: String = "127.0.0.1", bufferBytes: Int = 1 << 18) throws {
        buffer = [UInt8](repeating: 0, count: bufferBytes)
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        // The port is chosen at connect, so that many connections find one.
        var late: CInt = 1
        setsockopt(
            descriptor, Int32(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, &late, socklen_t(MemoryLayout<CInt>.size))
        guard WebSocketClient.withAddress(source, 0, { bind(descriptor, $0, $1) }) == 0,
            WebSocketClient.withAddress("127.0.0.1", port, { connect(descriptor, $0, $1) }) == 0
        else { throw BenchmarkError("cannot connect to port \(port) from \(source)") }
        var on: CInt = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
        var timeout = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let request =
            "GET / HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        try write(Array(request.utf8))
        try readUpgrade()
    }

    deinit { close(descriptor) }

    static func withAddress(
        _ host: String, _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr(host)
        let size = MemoryLayout<sockaddr_in>.size
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(size)) }
        }
    }

    private func readUpgrade() throws {
        let blank = Array("\r\n\r\n".utf8)
        while true {
            try fill()
            let seen = buffer[start..<end]
            for index in seen.indices where seen[index...].starts(with: blank) {
                start = index + 4
                return
            }
        }
    }

    private func fill() throws {
        if start > 0 {
            buffer.replaceSubrange(0..<(end - start), with: Array(buffer[start..<end]))
            end -= start
            start = 0
        }
        if end == buffer.count { buffer.append(contentsOf: [UInt8](repeating: 0, count: buffer.count)) }
        let count = buffer.withUnsafeMutableBytes { room in
            let free = UnsafeMutableRawBufferPointer(rebasing: room[end...])
            return recv(descriptor, free.baseAddress, free.count, 0)
        }
        guard count > 0 else { throw BenchmarkError("the relay closed the connection or fell silent") }
        end += count
    }

    func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = Foundation.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            guard count > 0 else { throw BenchmarkError("the relay does not take any more") }
            done += count
        }
    }

    /// The next text message. The bytes are good until the next call.
    func read<R>(_ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
        while true {
            if let (header, length) = frame(), end - start >= header + length {
                let range = start + header..<start + header + length
                start = range.upperBound
                return try buffer.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
            }
            try fill()
        }
    }

    private func frame() -> (header: Int, length: Int)? {
        let available = end - start
        guard available >= 2 else { return nil }
        let short = Int(buffer[start + 1])
        switch short {
        case 126:
            guard available >= 4 else { return nil }
            return (4, Int(buffer[start + 2]) << 8 | Int(buffer[start + 3]))
        case 127:
            guard available >= 10 else { return nil }
            return (10, (2..<10).reduce(0) { $0 << 8 | Int(buffer[start + $1]) })
        default: return (2, short)
        }
    }

    /// A masked text frame with a mask of zeros: the payload goes out as it is.
    static func frame(_ payload: [UInt8], into output: inout [UInt8]) {
        output.append(0x81)
        switch payload.count {
        case ..<126: output.append(0x80 | UInt8(payload.count))
        case ..<65_536: output += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default:
            output.append(0x80 | 127)
            output += (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
        }
        output += [0, 0, 0, 0]
        output += payload
    }

    /// The frame that publishes an event, given as JSON.
    static func frame(event: [UInt8], into output: inout [UInt8]) {
        frame(Array("[\"EVENT\",".utf8) + event + [UInt8(ascii: "]")], into: &output)
    }

    func send(_ text: String) throws {
        var output: [UInt8] = []
        WebSocketClient.frame(Array(text.utf8), into: &output)
        try write(output)
    }

    /// Answers the relay's challenge with this key and waits for its OK.
    func authenticate(as key: SecretKey, port: Int) throws {
        let challenge = try read { bytes in
            String(decoding: bytes, as: UTF8.self).split(separator: "\"").dropFirst(3).first.map(String.init) ?? ""
        }
        let event = UnsignedEvent(
            pubkey: key.publicKey, createdAt: Int64(time(nil)), kind: .clientAuthentication,
            tags: [["relay", Text("ws://127.0.0.1:\(port)")], ["challenge", Text(challenge)]], content: ""
        ).signed(by: key)
        try send("[\"AUTH\",\(String(decoding: event.raw, as: UTF8.self))]")
        let answer = try read { String(decoding: $0, as: UTF8.self) }
        guard answer.contains(",true,") else { throw BenchmarkError("authentication failed: \(answer)") }
    }

    /// Subscribes to the calls of this key and waits until the relay has it on record.
    func listenForCalls(to key: PublicKey) throws {
        try send(#"["REQ","calls",{"kinds":[24622],"\#("#")p":["\#(key.hex)"],"limit":0,"since":\#(time(nil) - 5)}]"#)
        while try !read({ $0.contains("\"EOSE\"") }) {}
    }
}

/// Why a scenario could not be run.
struct BenchmarkError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
