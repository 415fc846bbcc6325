import NIOCore
import NIOHTTP1
import Nostr
import Synchronization

/// Who is at the other end of a connection, as far as it can be known.
struct ClientAddress: Equatable, Sendable {
    /// The address that counts for limits and blocks; `nil` when it cannot be known (a Unix socket).
    var address: InternetAddress?
    /// Whether a proxy that is trusted passed the connection on.
    var isForwarded = false
    /// The host that the client asked the proxy for; `nil` when the proxy does not say.
    var host: String?

    /// Whether it is this machine itself, without a proxy in between.
    var isLocal: Bool { !isForwarded && (address?.isLoopback ?? true) }

    init(peer: SocketAddress?) {
        address = peer?.ipAddress.flatMap { InternetAddress($0) }
    }

    /// The client behind trusted proxies: the right-most address that is none of theirs. What an untrusted peer claims is
    /// not believed, and neither is anything to the left of the first address that is nobody's of ours.
    init(peer: SocketAddress?, headers: HTTPHeaders, trusted: [InternetNetwork]) {
        self.init(peer: peer)
        func isTrusted(_ address: InternetAddress) -> Bool { trusted.contains { $0.contains(address) } }
        guard let direct = address, isTrusted(direct) else { return }
        let hops = ClientAddress.hops(headers)
        guard !hops.isEmpty else { return }
        isForwarded = true
        host = ClientAddress.host(headers)
        for hop in hops.reversed() {
            // What is no address ends what can be believed; the last address that was one counts.
            guard let known = hop else { return }
            address = known
            if !isTrusted(known) { return }
        }
    }

    /// Hops of a chain of proxies that are looked at.
    private static let maximumHops = 32

    /// The hops that the headers name, the client's end first; `nil` for what is no address.
    private static func hops(_ headers: HTTPHeaders) -> [InternetAddress?] {
        let forwarded = headers[canonicalForm: "forwarded"]
        let hops: [InternetAddress?]
        if forwarded.isEmpty {
            hops = headers[canonicalForm: "x-forwarded-for"].map { InternetAddress(withPort: $0.trimmed) }
        } else {
            hops = forwarded.map { element in
                parameter("for", of: String(element)).flatMap { InternetAddress(withPort: $0) }
            }
        }
        return hops.suffix(maximumHops)
    }

    private static func host(_ headers: HTTPHeaders) -> String? {
        for element in headers[canonicalForm: "forwarded"] {
            if let host = parameter("host", of: String(element)) { return host }
        }
        return headers[canonicalForm: "x-forwarded-host"].first.map { String($0.trimmed) }
    }

    /// The value of a parameter of one element of `Forwarded` (RFC 7239, section 4).
    private static func parameter(_ name: String, of element: String) -> String? {
        for pair in element.split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].trimmed.lowercased() == name else { continue }
            let value = parts[1].trimmed
            return value.hasPrefix("\"") && value.hasSuffix("\"") && value.count >= 2
                ? String(value.dropFirst().dropLast()) : String(value)
        }
        return nil
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

/// Counts connections by address.
final class AddressLimits: Sendable {
    private let counts = Mutex<[InternetAddress: Int]>([:])
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Takes a connection in; `false` when its address has too many.
    func begin(_ address: InternetAddress) -> Bool {
        counts.withLock { counts in
            let count = counts[address, default: 0]
            guard count < limit else { return false }
            counts[address] = count + 1
            return true
        }
    }

    func end(_ address: InternetAddress) {
        counts.withLock { counts in
            let count = counts[address, default: 1] - 1
            counts[address] = count > 0 ? count : nil
        }
    }
}
