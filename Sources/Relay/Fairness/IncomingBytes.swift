import NIOCore

/// Stands in front of a WebSocket's frames and sees what comes in: a frame that never ends is not seen behind the decoder,
/// and neither is what it costs to take bytes apart.
///
/// What a stranger sends waits here until strangers' share of the time has room; nothing more is read before that.
final class IncomingBytes: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let session: WebSocketSession
    private var context: ChannelHandlerContext?
    private var held: ByteBuffer?

    init(_ session: WebSocketSession) { self.session = session }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        held = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard session.admit(byteCount: bytes.readableBytes) else { return }
        guard held == nil else {
            held?.writeBuffer(&bytes)
            return
        }
        guard session.isStranger else { return context.fireChannelRead(data) }
        let share = session.shard.strangers
        guard share.hasRoom else {
            held = bytes
            session.isHeld = true
            return share.later { [weak self] in self?.release() }
        }
        share.spend { context.fireChannelRead(data) }
    }

    private func release() {
        guard let bytes = held, let context else { return }
        held = nil
        session.isHeld = false
        context.fireChannelRead(wrapInboundOut(bytes))
        context.fireChannelReadComplete()
    }
}
