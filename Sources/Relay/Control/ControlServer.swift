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
    init(
        directory path: String, group: MultiThreadedEventLoopGroup,
        submit: @escaping @Sendable (Submission) -> Bool
    ) async throws {
        directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // A socket's path has at most 107 bytes; through the open directory any data directory is near enough.
        let address = "/proc/self/fd/\(directory)/\(ControlMessage.socketName)"
        unlink(address)
        let mask = umask(0o177)
        defer { umask(mask) }
        channel = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ControlHandler(submit: submit))
                }
            }
            .bind(unixDomainSocketPath: address).get()
    }

    func close() async {
        try? await channel.close()
        unlinkat(directory, ControlMessage.socketName, 0)
        Foundation.close(directory)
    }
}

/// Reads one command a line and answers it once it is committed.
private final class ControlHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let submit: @Sendable (Submission) -> Bool
    private var line: [UInt8] = []

    init(submit: @escaping @Sendable (Submission) -> Bool) { self.submit = submit }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        line.append(contentsOf: unwrapInboundIn(data).readableBytesView)
        while let end = line.firstIndex(of: UInt8(ascii: "\n")) {
            take(Array(line[..<end]), context.channel)
            line.removeSubrange(...end)
        }
        if line.count > ControlMessage.maximumLineBytes { context.close(promise: nil) }
    }

    private func take(_ line: [UInt8], _ channel: any Channel) {
        let answer: @Sendable (Transition.Answer) -> Void = { answer in
            let bytes = ControlMessage.encode(answer) + [UInt8(ascii: "\n")]
            channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        }
        guard let change = ControlMessage.decodeCommand(line) else {
            answer(.init(accepted: false, message: "unsupported: the running relay does not know this command"))
            return
        }
        let submission = Submission(content: .operatorCommand(.membership(change)), sender: .caller(answer))
        if !submit(submission) { answer(.overloaded) }
    }
}
