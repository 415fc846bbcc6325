import NIOHTTP1
import Nostr

/// One HTTP request with its whole body.
struct HTTPRequest {
    var head: HTTPRequestHead
    var body: [UInt8]
    /// Who asks: the address that counts for limits.
    var client: ClientAddress

    /// The path without its query.
    var path: String { String(head.uri.prefix { $0 != "?" }) }
}

/// What a request is answered with.
struct HTTPAnswer {
    var status: HTTPResponseStatus
    var type: String
    var body: [UInt8]
    /// Headers besides those that every answer has.
    var headers: [(String, String)] = []

    init(_ status: HTTPResponseStatus, type: String, body: [UInt8]) {
        self.status = status
        self.type = type
        self.body = body
    }

    /// A line of text.
    static func text(_ status: HTTPResponseStatus, _ text: String) -> HTTPAnswer {
        HTTPAnswer(status, type: "text/plain; charset=utf-8", body: Array((text + "\n").utf8))
    }

    static func json(_ body: [UInt8], status: HTTPResponseStatus = .ok) -> HTTPAnswer {
        HTTPAnswer(status, type: "application/json", body: body)
    }

    /// `{"error":"…"}` with the status that the message's prefix stands for (WIRE.md, "HTTP door").
    static func failure(_ message: String) -> HTTPAnswer {
        failure(status(of: message), error: message, message: nil)
    }

    /// What a key hears that is no member.
    static let membershipRequired = failure(
        .forbidden, error: "relay_membership_required", message: "You must be a relay member to access this relay")

    static func failure(_ status: HTTPResponseStatus, error: String, message: String?) -> HTTPAnswer {
        var json = JSONWriter()
        json.beginObject()
        json.field("error", error)
        json.field("message", message)
        json.endObject()
        var answer = HTTPAnswer.json(json.bytes, status: status)
        if status == .unauthorized { answer.headers.append(("www-authenticate", "Nostr")) }
        return answer
    }

    private static func status(of message: String) -> HTTPResponseStatus {
        switch message.prefix(while: { $0 != ":" }) {
        case "invalid", "unsupported", "pow": .badRequest
        case "auth-required": .unauthorized
        case "restricted", "blocked": .forbidden
        case "rate-limited": .tooManyRequests
        case "duplicate": .conflict
        default: .serviceUnavailable
        }
    }
}
