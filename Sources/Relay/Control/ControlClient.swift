import Foundation
import Reducers

/// Reaches a running relay through its control socket.
enum ControlClient {
    /// How long a relay may take to answer.
    static let answerSeconds = 10

    /// Sends a command and waits for its commit; `nil` when no relay listens there.
    static func send(_ change: MembershipChange, directory path: String) throws -> (accepted: Bool, message: String)? {
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return nil }
        defer { close(directory) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard connect(descriptor, to: "/proc/self/fd/\(directory)/\(ControlMessage.socketName)") else { return nil }
        var timeout = timeval(tv_sec: answerSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let line = ControlMessage.encode(change) + [UInt8(ascii: "\n")]
        guard Foundation.send(descriptor, line, line.count, Int32(MSG_NOSIGNAL)) == line.count else { return nil }
        guard let answer = readLine(descriptor).flatMap(ControlMessage.decodeAnswer) else {
            throw SettingsError(
                description: "the running relay did not answer within \(answerSeconds) s; "
                    + "whether the command was carried out shows `ringdown-relay member list`")
        }
        return answer
    }

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

    private static func readLine(_ descriptor: CInt) -> [UInt8]? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count <= ControlMessage.maximumLineBytes, recv(descriptor, &byte, 1, 0) == 1 {
            if byte == UInt8(ascii: "\n") { return line }
            line.append(byte)
        }
        return nil
    }
}
