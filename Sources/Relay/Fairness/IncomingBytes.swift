import NIOCore

/// Stands in front of a WebSocket's frames and lets its session know what comes in: a frame that never ends is not seen
/// behind the decoder, and neither is what it costs.
final class IncomingBytes: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let session: WebSocketSession

    init(_ session: WebSocketSession) { self.session = session }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard session.receive(byteCount: unwrapInboundIn(data).readableBytes) else { return }
        context.fireChannelRead(data)
    }
}
