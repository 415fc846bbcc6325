import CEpoll
import Foundation
import Nostr

/// Many connections that one thread reads: it counts what arrives on each, and does nothing else.
final class Crowd {
    /// Descriptors that one wait looks at.
    private static let maximumReady = 1024
    private static let bufferBytes = 1 << 18

    private let clients: [WebSocketClient]
    private let poll: CInt
    private var counters: [FrameCounter]
    /// Messages of each connection.
    private(set) var received: [Int]
    /// Messages of all.
    private(set) var total = 0
    private var ready = [epoll_event](repeating: epoll_event(), count: Crowd.maximumReady)
    private var buffer = [UInt8](repeating: 0, count: Crowd.bufferBytes)

    /// Takes connections over, which have nothing unread.
    init(_ clients: [WebSocketClient]) throws {
        self.clients = clients
        counters = clients.map { _ in FrameCounter() }
        received = clients.map { _ in 0 }
        poll = epoll_create1(0)
        guard poll >= 0 else { throw BenchmarkError("epoll is not to be had") }
        for (index, client) in clients.enumerated() {
            var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u32: UInt32(index)))
            let flags = fcntl(client.descriptor, F_GETFL)
            guard fcntl(client.descriptor, F_SETFL, flags | O_NONBLOCK) == 0,
                epoll_ctl(poll, EPOLL_CTL_ADD, client.descriptor, &event) == 0
            else { throw BenchmarkError("a connection cannot be watched") }
        }
    }

    deinit { close(poll) }

    /// Reads what arrives until there have been so many messages in all.
    func read(until wanted: Int, seconds: Double) throws {
        let end = DispatchTime.now().uptimeNanoseconds + UInt64(seconds * 1e9)
        while total < wanted {
            guard DispatchTime.now().uptimeNanoseconds < end else {
                throw BenchmarkError("\(wanted - total) of \(wanted) messages did not come in \(seconds) s")
            }
            try read(waiting: 100)
        }
    }

    /// Reads what is there, waiting for the first of it.
    func read(waiting milliseconds: CInt) throws {
        let count = epoll_wait(poll, &ready, CInt(Crowd.maximumReady), milliseconds)
        guard count > 0 else { return }
        for slot in 0..<Int(count) {
            let index = Int(ready[slot].data.u32)
            let bytes = recv(clients[index].descriptor, &buffer, Crowd.bufferBytes, 0)
            if bytes < 0, errno == EAGAIN { continue }
            guard bytes > 0 else { throw BenchmarkError("the relay closed a connection of the crowd") }
            let messages = buffer.withUnsafeBytes {
                counters[index].take(UnsafeRawBufferPointer(rebasing: $0[..<bytes]))
            }
            received[index] += messages
            total += messages
        }
    }
}
