import NIOCore
import NIOHTTP1
import NIOWebSocket
import Nostr

/// Turns a connection into a WebSocket (RFC 6455, section 4.2).
struct WebSocketUpgrade: Sendable {
    /// Frames that one message may be sent in.
    private static let maximumFragments = 1024
    /// The version of the protocol that there is.
    private static let version = "13"
    /// Bytes of the key that a client chooses.
    private static let keyBytes = 16

    let shard: Shard
    let shared: SessionContext
    let names: RelayNames
    let gate: ConnectionGate
    let readiness: Readiness
    /// Takes the connection out of the line of strangers that make room for others.
    let settle: @Sendable () -> Void

    /// Whether a request asks for a WebSocket. Without the `Connection` header the rest of the connection is HTTP.
    static func isAsked(by head: HTTPRequestHead) -> Bool {
        head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
            && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }

    /// Why there will be no WebSocket; `nil` when there may be one, which is counted then.
    func refusal(of head: HTTPRequestHead, _ client: ClientAddress, on channel: any Channel) -> HTTPAnswer? {
        guard head.method == .GET else { return .text(.badRequest, "a WebSocket begins with GET") }
        guard head.headers["sec-websocket-version"] == [WebSocketUpgrade.version] else {
            var answer = HTTPAnswer.text(.upgradeRequired, "this relay speaks version 13 of WebSocket")
            answer.headers.append(("sec-websocket-version", WebSocketUpgrade.version))
            return answer
        }
        let keys = head.headers["sec-websocket-key"]
        guard keys.count == 1, Base64.decode(keys[0])?.count == WebSocketUpgrade.keyBytes else {
            return .text(.badRequest, "Sec-WebSocket-Key is not the base64 of 16 bytes")
        }
        guard readiness.isReady else { return .failure("error: the relay is restarting, try again") }
        return gate.admitForwarded(client, on: channel)?.answer
    }

    /// What makes the session. `refusal(of:_:on:)` was asked before.
    func upgrader(for client: ClientAddress) -> NIOWebSocketServerUpgrader {
        let limit = shared.limits.maximumMessageBytes
        return NIOWebSocketServerUpgrader(
            maxFrameSize: limit, automaticErrorHandling: false,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
            upgradePipelineHandler: { [shard, shared, names, settle] channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    let session = WebSocketSession(
                        shard: shard, shared: shared, hosts: names.hosts(on: channel, for: client), settle: settle)
                    try WebSocketUpgrade.install(session, maximumBytes: limit, on: channel.pipeline.syncOperations)
                }
            })
    }

    /// Puts a session behind the frames of a WebSocket.
    static func install(
        _ session: WebSocketSession, maximumBytes: Int, on pipeline: ChannelPipeline.SynchronousOperations
    ) throws {
        try pipeline.addHandler(IncomingBytes(session), position: .first)
        try pipeline.addHandlers([
            FrameRules(),
            FragmentAssembler(maximumBytes: maximumBytes, maximumFragments: maximumFragments),
            session,
        ])
    }
}
