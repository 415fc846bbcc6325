/// Why a request is not authorized.
public struct HTTPAuthorizationError: Error, Equatable {
    /// The reason, in words.
    public let message: String
}

/// The authorization of one HTTP request by a signed event (NIP-98).
public struct HTTPAuthorization: Sendable {
    /// The signed event: kind 27235.
    public let event: Event

    /// Bytes of an `Authorization` header that are looked at.
    public static let maximumHeaderBytes = 16_384
    /// How far the event's `created_at` may be from the relay's clock, in seconds.
    public static let freshnessSeconds: Int64 = 60

    /// What a request has to be authorized for.
    public struct Request: Sendable {
        /// The method, in capital letters.
        public var method: String
        /// The path with its query, as it was asked for.
        public var target: String
        /// The addresses under which this server is known: where its own paths begin.
        public var addresses: [HTTPAddress]
        /// The body.
        public var body: [UInt8]
        /// Whether the event has to carry the body's hash; when it carries one, it has to be right in any case.
        public var requiresPayload: Bool

        /// A request.
        public init(
            method: String, target: String, addresses: [HTTPAddress], body: [UInt8], requiresPayload: Bool
        ) {
            self.method = method
            self.target = target
            self.addresses = addresses
            self.body = body
            self.requiresPayload = requiresPayload
        }
    }

    /// Checks the value of an `Authorization` header: `Nostr <base64 of the event>`.
    ///
    /// Whether the event was used before, and whether its author may do this, is the caller's to check.
    ///
    /// - Parameter now: the relay's clock in seconds since 1970.
    public init(header: String?, for request: Request, now: Int64) throws(HTTPAuthorizationError) {
        func fail(_ message: String) -> HTTPAuthorizationError { HTTPAuthorizationError(message: message) }
        guard let header else { throw fail("this request needs an Authorization header (NIP-98)") }
        guard header.utf8.count <= HTTPAuthorization.maximumHeaderBytes else {
            throw fail("the Authorization header has more than \(HTTPAuthorization.maximumHeaderBytes) bytes")
        }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "nostr" else {
            throw fail("the Authorization header is not \"Nostr <base64 event>\" (NIP-98)")
        }
        guard let bytes = Base64URL.decode(Array(parts[1].utf8)) else {
            throw fail("the authorization is not base64")
        }
        do throws(EventError) {
            event = try Event.parse(bytes, limits: .incoming)
        } catch {
            throw fail("the authorization is no event: \(error.message)")
        }
        guard event.kind == .httpAuthentication else { throw fail("the authorization has not kind 27235") }
        guard abs(event.createdAt - now) <= HTTPAuthorization.freshnessSeconds else {
            throw fail(
                "created_at of the authorization is not within \(HTTPAuthorization.freshnessSeconds) s of the relay's clock"
            )
        }
        guard event.tags.firstValue(of: "method")?.string.uppercased() == request.method else {
            throw fail("the authorization is for another method than \(request.method)")
        }
        guard let url = event.tags.firstValue(of: "u").flatMap({ HTTPAddress($0.string) }) else {
            throw fail("the authorization has no u tag with an http, https, ws or wss address")
        }
        let here = request.addresses.filter { $0.authority == url.authority }
        guard !here.isEmpty else {
            throw fail("the authorization is for \(url.authority), which is not this relay")
        }
        guard here.contains(where: { url.names(request.target, of: $0) }) else {
            throw fail("the authorization is for another address than \(request.target)")
        }
        if let payload = event.tags.firstValue(of: "payload") {
            guard payload.string.lowercased() == SHA256.hash(request.body).hex else {
                throw fail("the authorization is for another body")
            }
        } else if request.requiresPayload {
            throw fail("the authorization lacks the body's hash (payload tag)")
        }
        do throws(EventError) {
            try event.verify()
        } catch {
            throw fail("the authorization is not signed: \(error.message)")
        }
    }
}

/// An absolute address, taken apart for comparison. The scheme does not count: behind a proxy the relay cannot know it.
public struct HTTPAddress: Equatable, Sendable {
    /// The host in lower case, `localhost` for this machine, and the port unless it is the scheme's own.
    public let authority: String
    /// Path and query; the empty path is `/`.
    public let target: String

    /// Reads an `http`, `https`, `ws` or `wss` address; `nil` for anything else.
    public init?(_ text: String) {
        guard let separator = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<separator.lowerBound].lowercased()
        let standard: String
        switch scheme {
        case "http", "ws": standard = "80"
        case "https", "wss": standard = "443"
        default: return nil
        }
        let rest = text[separator.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        guard let authority = HTTPAddress.authority(String(rest[..<end]), standardPort: standard) else { return nil }
        self.authority = authority
        target = HTTPAddress.normalized(target: String(rest[end...].prefix { $0 != "#" }))
    }

    /// The comparable form of `host:port`; `nil` when there is no host, or there are credentials before it.
    public static func authority(_ text: String, standardPort: String?) -> String? {
        let lower = text.lowercased()
        guard !lower.isEmpty, !lower.contains("@"), !lower.contains(" ") else { return nil }
        var host: Substring
        var port: Substring?
        if lower.hasPrefix("[") {
            guard let end = lower.firstIndex(of: "]") else { return nil }
            host = lower[lower.index(after: lower.startIndex)..<end]
            let rest = lower[lower.index(after: end)...]
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else {
            host = lower.prefix { $0 != ":" }
            let rest = lower.dropFirst(host.count)
            port = rest.isEmpty ? nil : rest.dropFirst()
        }
        guard !host.isEmpty else { return nil }
        let name = ["127.0.0.1", "::1"].contains(String(host)) ? "localhost" : String(host)
        guard let port, !port.isEmpty, String(port) != standardPort else { return name }
        return "\(name):\(port)"
    }

    /// Whether this is the address of `target` on the server at `base`, whose proxy may take the path of `base` away.
    func names(_ target: String, of base: HTTPAddress) -> Bool {
        let short = HTTPAddress.normalized(target: target)
        if self.target == short { return true }
        return base.target != "/" && self.target == HTTPAddress.normalized(target: base.target + target)
    }

    /// A path without query may end in slashes or not.
    static func normalized(target: String) -> String {
        guard !target.contains("?") else { return target.hasPrefix("?") ? "/" + target : target }
        var target = target[...]
        while target.hasSuffix("/") { target = target.dropLast() }
        return target.isEmpty ? "/" : String(target)
    }
}
