import NIOCore
import NIOWebSocket

/// Puts the fragments of a message together (RFC 6455, section 5.4) as they come, in one buffer.
///
/// A fragment that is kept as it came keeps the whole buffer that it was read into: a thousand fragments of one byte each
/// would hold 16 MB. Copied, they hold a thousand bytes.
final class FragmentAssembler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = WebSocketFrame

    /// Why a message cannot be put together.
    enum Failure: Error {
        case tooLarge
        case tooManyFragments
        case outOfOrder
    }

    private struct Unfinished {
        let opcode: WebSocketOpcode
        var data: ByteBuffer
        var fragments = 0
    }

    private let maximumBytes: Int
    private let maximumFragments: Int
    private var unfinished: Unfinished?

    init(maximumBytes: Int, maximumFragments: Int) {
        self.maximumBytes = maximumBytes
        self.maximumFragments = maximumFragments
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text, .binary:
            guard unfinished == nil else { return fail(.outOfOrder, context) }
            // The common case: nothing to put together.
            guard !frame.fin else { return context.fireChannelRead(data) }
            let buffer = context.channel.allocator.buffer(capacity: frame.length)
            unfinished = Unfinished(opcode: frame.opcode, data: buffer)
            add(frame, context)
        case .continuation:
            guard unfinished != nil else { return fail(.outOfOrder, context) }
            add(frame, context)
        default:
            // Control frames come between fragments, and are never fragments.
            context.fireChannelRead(data)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { unfinished = nil }

    private func add(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        guard var message = unfinished else { return }
        unfinished = nil
        message.fragments += 1
        guard message.data.readableBytes + frame.length <= maximumBytes else { return fail(.tooLarge, context) }
        guard message.fragments <= maximumFragments else { return fail(.tooManyFragments, context) }
        var fragment = frame.unmaskedData
        message.data.writeBuffer(&fragment)
        guard frame.fin else {
            unfinished = message
            return
        }
        let whole = WebSocketFrame(fin: true, opcode: message.opcode, data: message.data)
        context.fireChannelRead(wrapInboundOut(whole))
    }

    private func fail(_ failure: Failure, _ context: ChannelHandlerContext) {
        unfinished = nil
        context.fireErrorCaught(failure)
    }
}
