import DequeModule
import Foundation
import Logging
import NIOCore
import NIOPosix
import Nostr
import Reducers

/// Takes the operator's commands while the relay runs.
struct ControlServer {
    private let channel: any Channel
    private let directory: CInt

    /// Listens in the data directory, reachable for the user who runs the relay only.
    ///
    /// - Throws: `SettingsError` when the socket cannot be made there.
    init(
        directory path: String, group: MultiThreadedEventLoopGroup, relay: ControlledRelay
    ) async throws {
        directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw ControlServer.cannotListen(in: path, errno) }
        // A socket's path has at most 107 bytes; through the open directory any data directory is near enough.
        let address = "/proc/self/fd/\(directory)/\(ControlRequest.socketName)"
        unlink(address)
        let mask = umask(0o177)
        defer { umask(mask) }
        let bootstrap = ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ControlHandler(relay: relay))
                }
            }
        do {
            channel = try await bootstrap.bind(unixDomainSocketPath: address).get()
        } catch let error as IOError {
            Foundation.close(directory)
            throw ControlServer.cannotListen(in: path, error.errnoCode)
        }
    }

    private static func cannotListen(in path: String, _ code: CInt) -> SettingsError {
        let socket = "\(path)/\(ControlRequest.socketName)"
        return SettingsError(
            description: "cannot listen for the operator's commands at \(socket): \(String(cString: strerror(code)))")
    }

    func close() async {
        try? await channel.close()
        unlinkat(directory, ControlRequest.socketName, 0)
        Foundation.close(directory)
    }
}

/// Reads one request a line and answers them in order, each once it is committed.
private final class ControlHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Requests of one connection that may wait for their answers.
    private static let maximumWaiting = 4_096

    private let relay: ControlledRelay
    private var received: [UInt8] = []
    private var waiting: Deque<ControlAnswer?> = []
    private var firstWaiting = 0

    init(relay: ControlledRelay) { self.relay = relay }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.append(contentsOf: unwrapInboundIn(data).readableBytesView)
        var start = 0
        while let end = received[start...].firstIndex(of: UInt8(ascii: "\n")) {
            take(Array(received[start..<end]), context)
            start = end + 1
        }
        received.removeSubrange(..<start)
        if received.count > ControlRequest.maximumLineBytes || waiting.count > ControlHandler.maximumWaiting {
            context.close(promise: nil)
        }
    }

    private func take(_ line: [UInt8], _ context: ChannelHandlerContext) {
        let number = firstWaiting + waiting.count
        waiting.append(nil)
        let channel = context.channel
        let box = NIOLoopBound(self, eventLoop: context.eventLoop)
        let answer: @Sendable (ControlAnswer) -> Void = { answer in
            channel.eventLoop.execute { box.value.settle(number, answer, channel) }
        }
        guard let request = ControlRequest(line: line) else {
            return answer(
                ControlAnswer(accepted: false, message: "unsupported: the running relay does not know this command"))
        }
        relay.carryOut(request, answer)
    }

    private func settle(_ number: Int, _ answer: ControlAnswer, _ channel: any Channel) {
        waiting[number - firstWaiting] = answer
        var out = ByteBuffer()
        while case .some(.some(let ready)) = waiting.first {
            waiting.removeFirst()
            firstWaiting += 1
            out.writeBytes(ready.line + [UInt8(ascii: "\n")])
        }
        if out.readableBytes > 0 { channel.writeAndFlush(out, promise: nil) }
    }
}
