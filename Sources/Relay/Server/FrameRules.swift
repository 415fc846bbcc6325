import NIOCore
import NIOWebSocket

/// What RFC 6455 forbids a client and NIO's decoder lets through: frames without a mask (section 5.1), and reserved bits
/// without an extension that gives them a meaning, and opcodes that have none (section 5.2).
final class FrameRules: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = WebSocketFrame

    /// A frame that breaks one of the rules. The session closes the connection with 1002.
    struct Violation: Error {}

    private static let opcodes: Set<WebSocketOpcode> = [
        .continuation, .text, .binary, .connectionClose, .ping, .pong,
    ]

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        let isKnown = FrameRules.opcodes.contains(frame.opcode)
        guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3, isKnown else {
            return context.fireErrorCaught(Violation())
        }
        context.fireChannelRead(data)
    }
}
