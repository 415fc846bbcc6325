import NIOCore
import NIOHTTP1
import Nostr

/// Who is at the other end of a connection, as far as it can be known.
struct ClientAddress: Equatable, Sendable {
    /// The address that counts for limits and blocks; `nil` when it cannot be known.
    var address: InternetAddress?
    /// Whether a proxy that is trusted passed the request on.
    var isForwarded = false
    /// The host that the client asked the proxy for; `nil` when the proxy does not say.
    var host: String?
    /// Whether the client's own connection to the proxy is encrypted.
    var isSecure = false
    /// Whether it is this machine itself, with nothing in between as far as can be seen.
    private(set) var isLocal = false

    /// The other end of the socket.
    init(peer: SocketAddress?) {
        address = peer?.ipAddress.flatMap { InternetAddress($0) }
    }

    /// The client behind trusted proxies: the right-most address that is none of theirs. What an untrusted peer claims is
    /// not believed, and neither is anything to the left of the first address that is nobody's of ours.
    init(peer: SocketAddress?, headers: HTTPHeaders, proxies: TrustedProxies) {
        self.init(peer: peer)
        isLocal =
            address?.isLoopback == true && !ForwardedHeaders.arePresent(in: headers) && asksForThisMachine(headers)
        guard let direct = address, proxies.contains(direct) else { return }
        let forwarded = ForwardedHeaders(headers, proxies.header)
        guard !forwarded.hops.isEmpty else { return }
        isForwarded = true
        host = forwarded.host
        isSecure = forwarded.scheme.map { ["https", "wss"].contains($0) } ?? false
        for hop in forwarded.hops.reversed() {
            // What is no address ends what can be believed; the last address that was one counts.
            guard let hop else { return }
            address = hop
            if !proxies.contains(hop) { return }
        }
    }

    /// Whether the `Host` header names this machine: a page from elsewhere whose name was pointed at 127.0.0.1 does not.
    private func asksForThisMachine(_ headers: HTTPHeaders) -> Bool {
        guard let host = headers.first(name: "host") else { return true }
        return RelayURL.host(ofAuthority: host).map { $0 == "localhost" || InternetAddress($0)?.isLoopback == true }
            ?? false
    }
}

/// The proxies whose word is believed, and how they put it.
struct TrustedProxies: Equatable, Sendable {
    /// Where they are.
    var networks: [InternetNetwork] = []
    /// The header that they write. Any other that comes through them was written by a client.
    var header = ForwardedHeaders.Form.xForwardedFor

    func contains(_ address: InternetAddress) -> Bool { networks.contains { $0.contains(address) } }
}
