import NIOCore

/// Stops asking for new connections for a moment when one cannot be taken in, as when there are no descriptors left; who
/// is connected is served meanwhile, and who wants to be waits in the listening socket's queue.
///
/// NIO's own `AcceptBackoffHandler` puts off the next read, but a read that failed counts as one that is still to come, so
/// the event loop would be woken for it over and over.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    /// How long nobody new comes in.
    static let pause = TimeAmount.seconds(1)

    private var isPausing = false

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is IOError else { return context.fireErrorCaught(error) }
        guard !isPausing else { return }
        isPausing = true
        let channel = context.channel
        channel.setOption(.autoRead, value: false).whenFailure { _ in }
        context.eventLoop.assumeIsolated().scheduleTask(in: AcceptPause.pause) { [self] in
            isPausing = false
            channel.setOption(.autoRead, value: true).whenFailure { _ in }
        }
    }
}
