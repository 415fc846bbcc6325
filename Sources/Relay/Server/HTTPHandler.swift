import NIOCore
import NIOHTTP1
import Nostr
import Synchronization

/// Whether the relay takes new work; read by every event loop.
final class Readiness: Sendable {
    private let ready = Atomic<Bool>(true)

    var isReady: Bool { ready.load(ordering: .relaxed) }

    func startDraining() { ready.store(false, ordering: .relaxed) }
}

/// Gathers plain HTTP requests and writes their answers, one at a time on each connection.
///
/// A connection that is upgraded to WebSocket removes it. Until then a deadline runs: a request has to arrive whole within
/// it, and a connection that is kept alive has to ask again within it.
final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let router: HTTPRouter
    private let trusted: [InternetNetwork]
    private let patience: TimeAmount
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var isTooLarge = false
    private var deadline: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    init(router: HTTPRouter, trusted: [InternetNetwork], patienceSeconds: Int) {
        self.router = router
        self.trusted = trusted
        patience = .seconds(Int64(patienceSeconds))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        restartDeadline(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        self.context = nil
    }

    private func restartDeadline(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
            let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
            isTooLarge = length > router.maximumBodyBytes
            if isTooLarge { refuseBody(context) }
        case .body(let buffer):
            guard !isTooLarge, head != nil else { return }
            guard body.count + buffer.readableBytes <= router.maximumBodyBytes else {
                isTooLarge = true
                return refuseBody(context)
            }
            body.append(contentsOf: buffer.readableBytesView)
        case .end:
            guard let head, !isTooLarge else { return }
            self.head = nil
            deadline?.cancel()
            let client = ClientAddress(peer: context.remoteAddress, headers: head.headers, trusted: trusted)
            let request = HTTPRequest(head: head, body: body, client: client)
            body = []
            router.answer(request, on: context.channel) { [self] in write($0, to: head) }
        }
    }

    /// Answers before the body has arrived, and ends the connection: what is still on its way is not read.
    private func refuseBody(_ context: ChannelHandlerContext) {
        guard var head else { return }
        head.headers.replaceOrAdd(name: "connection", value: "close")
        let message = "invalid: a body has at most \(router.maximumBodyBytes) bytes"
        write(.failure(.payloadTooLarge, error: message, message: nil), to: head)
    }

    private func write(_ answer: HTTPAnswer, to head: HTTPRequestHead) {
        guard let context else { return }
        var headers = HTTPHeaders()
        headers.add(name: "content-type", value: answer.type)
        if answer.status != .noContent { headers.add(name: "content-length", value: String(answer.body.count)) }
        // NIP-11 asks that any page may read the document; the doors are signed for request by request, so any may post.
        headers.add(name: "access-control-allow-origin", value: "*")
        headers.add(name: "access-control-allow-headers", value: "authorization, content-type, accept")
        headers.add(name: "access-control-allow-methods", value: "GET, HEAD, POST, OPTIONS")
        headers.add(name: "x-content-type-options", value: "nosniff")
        for (name, value) in answer.headers { headers.add(name: name, value: value) }
        let isLast = !head.isKeepAlive || isTooLarge
        if isLast { headers.replaceOrAdd(name: "connection", value: "close") }
        let response = HTTPResponseHead(version: head.version, status: answer.status, headers: headers)
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        if head.method != .HEAD, answer.status != .noContent {
            let body = context.channel.allocator.buffer(bytes: answer.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            if isLast { channel.close(promise: nil) }
        }
        if !isLast { restartDeadline(context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
