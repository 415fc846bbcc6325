import Foundation
import Reducers

/// A connection to a running relay through its control socket.
final class ControlClient {
    /// How long a relay may take to answer.
    static let answerSeconds = 30

    private let descriptor: CInt
    private var received: [UInt8] = []

    /// Connects; `nil` when no relay listens in that directory.
    init?(directory path: String) {
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return nil }
        defer { close(directory) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        guard
            ControlClient.connect(descriptor, to: "/proc/self/fd/\(directory)/\(ControlRequest.socketName)")
        else {
            close(descriptor)
            return nil
        }
        var timeout = timeval(tv_sec: ControlClient.answerSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Sends a request without waiting for its answer.
    func send(_ request: ControlRequest) throws {
        let line = request.line + [UInt8(ascii: "\n")]
        var sent = 0
        while sent < line.count {
            let count = line[sent...].withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw ControlClient.lost }
            sent += count
        }
    }

    /// The next answer.
    func receive() throws -> ControlAnswer {
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(received[..<end])
                received.removeSubrange(...end)
                guard let answer = ControlAnswer(line: line) else { throw ControlClient.lost }
                return answer
            }
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = chunk.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            guard count > 0, received.count <= ControlRequest.maximumLineBytes else { throw ControlClient.lost }
            received += chunk[..<count]
        }
    }

    /// Sends a request and waits for its answer: for its commit, where it has one.
    func ask(_ request: ControlRequest) throws -> ControlAnswer {
        try send(request)
        return try receive()
    }

    private static let lost = SettingsError(
        description: "the running relay did not answer within \(answerSeconds) s; "
            + "whether the command was carried out shows `ringdown-replay log`")

    private static func connect(_ descriptor: CInt, to path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes.prefix($0.count - 1)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}
