import NIOCore
import NIOHTTP1

/// The handlers between the socket and `HTTPHandler`, which leave when the connection becomes a WebSocket.
///
/// NIO's ready-made pipeline looks at the first request of a connection only. Proxies keep connections open and send a
/// WebSocket's request down one that has carried others, so here every request may ask for the upgrade.
struct HTTPPipeline {
    /// How large the headers of a request may be. A NIP-98 authorization is the longest that anybody needs, see
    /// `HTTPAuthorization.maximumHeaderBytes`; NIO's own limits (2 MB) are more than a stranger should be able to cost.
    static let headerLimits: NIOHTTPDecoderLimitConfiguration = {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 24_576
        limits.maxHeaderListSize = 49_152
        limits.maxHeaderFieldCount = 128
        return limits
    }()

    private let encoder = HTTPResponseEncoder()
    private let decoder = ByteToMessageHandler(
        HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: headerLimits))
    private let order = HTTPServerPipelineHandler()
    private let headers = NIOHTTPResponseHeadersValidator()
    private let errors = HTTPServerProtocolErrorHandler()

    /// Puts the handlers into the pipeline of a new connection, and `handler` behind them.
    func install(on channel: any Channel, _ handler: HTTPHandler) throws {
        try channel.pipeline.syncOperations.addHandlers([encoder, decoder, order, headers, errors, handler])
    }

    /// Hands a request that asks for an upgrade, and what follows it, to `upgrader`. All HTTP handlers leave the pipeline.
    func upgrade(
        _ head: HTTPRequestHead, from handler: HTTPHandler, _ context: ChannelHandlerContext,
        _ upgrader: any HTTPServerProtocolUpgrader
    ) throws {
        let upgrade = HTTPServerUpgradeHandler(
            upgraders: [upgrader], httpEncoder: encoder, extraHTTPHandlers: [decoder, order, headers, errors]
        ) { context in
            context.pipeline.syncOperations.removeHandler(handler, promise: nil)
        }
        let pipeline = context.pipeline.syncOperations
        try pipeline.addHandler(upgrade, position: .before(handler))
        // The head has come past the place where the new handler stands.
        upgrade.channelRead(
            context: try pipeline.context(handler: upgrade), data: NIOAny(HTTPServerRequestPart.head(head)))
    }
}
