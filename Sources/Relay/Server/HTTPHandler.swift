import NIOCore
import NIOHTTP1
import Nostr

/// Gathers HTTP requests and writes their answers: one at a time on each connection, and none before the one before it has
/// left, so that who does not read gets nothing more into memory.
///
/// Every wait has an end: for a request to arrive, for an answer to leave, for a client to notice that it was refused. A
/// connection that becomes a WebSocket loses this handler.
final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// How long a client may take to read one answer.
    private static let writePatience = TimeAmount.seconds(60)
    /// How long a client may take to see that its body was refused. Closing before it has stopped sending would reset the
    /// connection and take the answer away from it (RFC 9112, section 9.6).
    private static let refusalPatience = TimeAmount.seconds(3)
    /// Bytes of a refused body that are read and thrown away for the same reason.
    private static let maximumRefusedBytes = 16 << 20

    private let router: HTTPRouter
    private let upgrade: WebSocketUpgrade
    private let proxies: TrustedProxies
    private let pipeline: HTTPPipeline
    private let patience: TimeAmount

    private var context: ChannelHandlerContext?
    private var deadline: Scheduled<Void>?
    /// The request that is coming in.
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    /// What it will be answered with whatever else comes.
    private var refusal: HTTPAnswer?
    /// A whole request that waits for the answer before it to leave.
    private var waiting: HTTPRequest?
    private var isWriting = false
    /// Nothing that comes now is answered.
    private var isEnding = false
    private var refusedBytes = 0

    init(
        router: HTTPRouter, upgrade: WebSocketUpgrade, proxies: TrustedProxies, pipeline: HTTPPipeline,
        patienceSeconds: Int
    ) {
        self.router = router
        self.upgrade = upgrade
        self.proxies = proxies
        self.pipeline = pipeline
        patience = .seconds(Int64(patienceSeconds))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        close(in: patience, countedAs: "request_timeout")
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Whoever leaves in the middle of a request was not turned away.
        if let error = error as? HTTPParserError, error != .invalidEOFState { shard.drops.count("request_malformed") }
        context.close(promise: nil)
    }

    /// - Parameter reason: what it is counted as when it comes to that; `nil` when nobody is turned away.
    private func close(in time: TimeAmount, countedAs reason: String? = nil) {
        deadline?.cancel()
        guard let context else { return }
        let (channel, drops) = (context.channel, shard.drops)
        deadline = context.eventLoop.scheduleTask(in: time) {
            if let reason { drops.count(reason) }
            channel.close(promise: nil)
        }
    }

    private var shard: Shard { upgrade.shard }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .body(let buffer) where isEnding:
            refusedBytes += buffer.readableBytes
            if refusedBytes > HTTPHandler.maximumRefusedBytes { context.close(promise: nil) }
        case .head, .body, .end:
            guard !isEnding else { return }
            receive(unwrapInboundIn(data), context)
        }
    }

    private func receive(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head): begin(head, context)
        case .body(let buffer):
            guard let head else { return }
            guard body.count + buffer.readableBytes <= router.maximumBodyBytes else { return refuseBody(of: head) }
            body.append(contentsOf: buffer.readableBytesView)
        case .end:
            guard let head else { return }
            self.head = nil
            let request = HTTPRequest(head: head, body: body, client: client(head, context), refusal: refusal)
            body = []
            refusal = nil
            if isWriting { waiting = request } else { answer(request, context) }
        }
    }

    private func client(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) -> ClientAddress {
        ClientAddress(peer: context.remoteAddress, headers: head.headers, proxies: proxies)
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        self.head = head
        if !isWriting { close(in: patience, countedAs: "request_timeout") }
        if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }),
            length > router.maximumBodyBytes
        {
            return refuseBody(of: head)
        }
        if head.version == .http1_1, head.headers["expect"].contains(where: { $0.lowercased() == "100-continue" }) {
            let go = HTTPResponseHead(version: head.version, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(go)), promise: nil)
        }
        guard WebSocketUpgrade.isAsked(by: head) else { return }
        let client = client(head, context)
        refusal = upgrade.refusal(of: head, client, on: context.channel)
        guard refusal == nil else { return }
        isEnding = true
        deadline?.cancel()
        do {
            try pipeline.upgrade(head, from: self, context, upgrade.upgrader(for: client))
        } catch {
            context.close(promise: nil)
        }
    }

    private func refuseBody(of head: HTTPRequestHead) {
        let message = "invalid: a body has at most \(router.maximumBodyBytes) bytes"
        router.count(.payloadTooLarge, of: head)
        shard.drops.count("request_too_large")
        write(.failure(.payloadTooLarge, error: message, message: nil), to: head, isWhole: false)
    }

    private func answer(_ request: HTTPRequest, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        let channel = context.channel
        guard shard.strangers.hasRoom else {
            return shard.strangers.later { [weak self] in self?.answer(request, on: channel) }
        }
        shard.strangers.spend { answer(request, on: channel) }
    }

    private func answer(_ request: HTTPRequest, on channel: any Channel) {
        guard context != nil else { return }
        router.answer(request, on: channel) { [self] in write($0, to: request.head, isWhole: true) }
    }

    // MARK: Writing

    /// - Parameter isWhole: whether the request came in whole; else its end is not waited for.
    private func write(_ answer: HTTPAnswer, to head: HTTPRequestHead, isWhole: Bool) {
        guard let context, !isEnding else { return }
        // Behind a request with `Upgrade`, taken or not, the decoder expects another protocol.
        let isLast =
            !isWhole || !head.isKeepAlive || head.version != .http1_1 || head.headers.contains(name: "upgrade")
        isEnding = isLast
        isWriting = true
        close(in: HTTPHandler.writePatience, countedAs: "answer_timeout")
        let response = HTTPResponseHead(
            version: head.version, status: answer.status, headers: answer.fields(isLast: isLast))
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        if head.method != .HEAD, !answer.body.isEmpty {
            let body = context.channel.allocator.buffer(bytes: answer.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { [self] _ in
            written(isLast: isLast, isWhole: isWhole)
        }
    }

    private func written(isLast: Bool, isWhole: Bool) {
        isWriting = false
        guard let context else { return }
        guard !isLast else {
            guard isWhole else {
                close(in: HTTPHandler.refusalPatience)
                return context.close(mode: .output, promise: nil)
            }
            return context.close(promise: nil)
        }
        if let request = waiting {
            waiting = nil
            answer(request, context)
        } else {
            close(in: patience)
        }
    }
}
