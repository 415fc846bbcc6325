import NIOHTTP1
import Nostr

/// What proxies write into a request about the client.
struct ForwardedHeaders {
    /// How they write it.
    enum Form: String, Sendable, CaseIterable {
        /// `X-Forwarded-For`, `X-Forwarded-Host` and `X-Forwarded-Proto`.
        case xForwardedFor = "x-forwarded-for"
        /// `Forwarded` (RFC 7239).
        case forwarded
    }

    /// Hops of a chain of proxies that are looked at, those nearest to the relay.
    static let maximumHops = 32

    /// The addresses from which each proxy was asked, the client's end first; `nil` for what is no address.
    let hops: [InternetAddress?]
    /// The host that was asked for, as the proxy nearest to the relay tells it.
    let host: String?
    /// The scheme in lower case, from the same.
    let scheme: String?

    init(_ headers: HTTPHeaders, _ form: Form) {
        switch form {
        case .xForwardedFor:
            hops = headers[canonicalForm: "x-forwarded-for"].suffix(ForwardedHeaders.maximumHops)
                .map { InternetAddress(withPort: $0.trimmed) }
            host = headers[canonicalForm: "x-forwarded-host"].last.map { String($0.trimmed) }
            scheme = headers[canonicalForm: "x-forwarded-proto"].last.map { $0.trimmed.lowercased() }
        case .forwarded:
            let elements = ForwardedHeaders.split(headers["forwarded"].joined(separator: ","), at: ",")
                .suffix(ForwardedHeaders.maximumHops).map { ForwardedHeaders.parameters(of: $0) }
            hops = elements.map { $0["for"].flatMap { InternetAddress(withPort: $0) } }
            host = elements.last?["host"]
            scheme = elements.last?["proto"]?.lowercased()
        }
    }

    /// Whether a proxy left any trace, trusted or not.
    static func arePresent(in headers: HTTPHeaders) -> Bool {
        ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"]
            .contains { headers.contains(name: $0) }
    }

    /// The parameters of one element of `Forwarded`, by their names in lower case (RFC 7239, section 4).
    private static func parameters(of element: Substring) -> [String: String] {
        var parameters: [String: String] = [:]
        for pair in split(String(element), at: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            let value = parts[1].trimmed
            let isQuoted = value.count >= 2 && value.hasPrefix("\"") && value.hasSuffix("\"")
            parameters[parts[0].trimmed.lowercased()] = String(isQuoted ? value.dropFirst().dropLast() : value)
        }
        return parameters
    }

    /// Splits at a separator, but not inside of quotes.
    private static func split(_ text: String, at separator: Character) -> [Substring] {
        var parts: [Substring] = []
        var start = text.startIndex
        var isQuoted = false
        for index in text.indices {
            if text[index] == "\"" { isQuoted.toggle() }
            guard text[index] == separator, !isQuoted else { continue }
            parts.append(text[start..<index])
            start = text.index(after: index)
        }
        parts.append(text[start...])
        return parts.filter { !$0.trimmed.isEmpty }
    }
}

extension Substring {
    /// Without spaces and tabs at the ends.
    fileprivate var trimmed: Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text = text.dropFirst() }
        while text.last == " " || text.last == "\t" { text = text.dropLast() }
        return text
    }
}
