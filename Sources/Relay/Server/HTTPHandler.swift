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

/// Answers plain HTTP requests: the information document, and whether the relay is well.
final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let information: RelayInformation
    private let readiness: Readiness
    private var request: HTTPRequestHead?

    init(information: RelayInformation, readiness: Readiness) {
        self.information = information
        self.readiness = readiness
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): request = head
        case .body: break
        case .end:
            guard let head = request else { return }
            request = nil
            respond(to: head, context)
        }
    }

    private struct Answer {
        var status: HTTPResponseStatus
        var type = "text/plain; charset=utf-8"
        var body: [UInt8]

        init(_ status: HTTPResponseStatus, _ text: String) {
            self.status = status
            body = Array((text + "\n").utf8)
        }
    }

    private func answer(to head: HTTPRequestHead) -> Answer {
        if head.method == .OPTIONS { return Answer(.noContent, "") }
        guard head.method == .GET || head.method == .HEAD else {
            return Answer(.methodNotAllowed, "this relay answers GET here, and speaks Nostr over WebSocket")
        }
        let path = head.uri.prefix { $0 != "?" }
        let wantsInformation = head.headers["accept"].contains { $0.contains("application/nostr+json") }
        switch path {
        case "/health": return Answer(.ok, "ok")
        case "/ready": return readiness.isReady ? Answer(.ok, "ready") : Answer(.serviceUnavailable, "draining")
        case "/info": return document
        case "/" where wantsInformation: return document
        case "/":
            return Answer(
                .ok, "This is a Nostr relay for a closed community. Connect with a Nostr client over WebSocket.")
        default: return Answer(.notFound, "nothing here")
        }
    }

    private var document: Answer {
        var answer = Answer(.ok, "")
        answer.type = "application/nostr+json"
        answer.body = information.json
        return answer
    }

    private func respond(to head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let answer = answer(to: head)
        var headers = HTTPHeaders()
        headers.add(name: "content-type", value: answer.type)
        headers.add(name: "content-length", value: answer.status == .noContent ? "0" : String(answer.body.count))
        // NIP-11 asks that any page may read the document.
        headers.add(name: "access-control-allow-origin", value: "*")
        headers.add(name: "access-control-allow-headers", value: "*")
        headers.add(name: "access-control-allow-methods", value: "GET, HEAD, OPTIONS")
        let response = HTTPResponseHead(version: head.version, status: answer.status, headers: headers)
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        if head.method != .HEAD, answer.status != .noContent {
            let body = context.channel.allocator.buffer(bytes: answer.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            if !head.isKeepAlive { channel.close(promise: nil) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
