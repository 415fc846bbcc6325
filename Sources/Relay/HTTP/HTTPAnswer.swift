import NIOHTTP1
import Nostr

/// One HTTP request with its whole body.
struct HTTPRequest {
    var head: HTTPRequestHead
    var body: [UInt8]
    /// Who asks: the address that counts for limits.
    var client: ClientAddress
    /// What it is answered with whatever it asks: a WebSocket that there will not be.
    var refusal: HTTPAnswer?
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

    /// The header fields.
    ///
    /// - Parameter isLast: whether the connection ends behind this answer.
    func fields(isLast: Bool) -> HTTPHeaders {
        var fields = HTTPHeaders([("content-type", type), ("x-content-type-options", "nosniff")])
        if status != .noContent { fields.add(name: "content-length", value: String(body.count)) }
        // NIP-11 asks that any page may read the document; the doors are signed for request by request, so any may post.
        fields.add(name: "access-control-allow-origin", value: "*")
        fields.add(name: "access-control-allow-headers", value: "authorization, content-type, accept")
        fields.add(name: "access-control-allow-methods", value: "GET, HEAD, POST, OPTIONS")
        for (name, value) in headers { fields.add(name: name, value: value) }
        if isLast { fields.replaceOrAdd(name: "connection", value: "close") }
        return fields
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

    /// What an address hears that asks too often.
    static let tooManyRequests = failure("rate-limited: too many requests from this address")

    /// What a browser is told that asks whether a page may send a request.
    static let preflight: HTTPAnswer = {
        var answer = HTTPAnswer(.noContent, type: "text/plain; charset=utf-8", body: [])
        answer.headers.append(("access-control-max-age", "86400"))
        return answer
    }()

    /// What is told to who posts something else than a call of the management API to the relay's own address.
    static let managementOnly: HTTPAnswer = {
        let type = PostDoors.managementType
        var answer = HTTPAnswer.text(.unsupportedMediaType, "what is posted here is \(type) (NIP-86)")
        answer.headers.append(("accept-post", type))
        return answer
    }()

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
