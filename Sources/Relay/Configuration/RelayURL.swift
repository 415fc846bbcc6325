/// A relay's address as clients write it: `ws://` or `wss://`, a host, an optional port and path.
///
/// NIP-42 asks that the `relay` tag names this relay. What is compared is the host, in lower case; `localhost`,
/// `127.0.0.1` and `::1` are the same (WIRE.md, "Sessions").
struct RelayURL: Equatable, Sendable {
    /// The host in lower case, without brackets.
    let host: String
    /// Everything after the scheme, without a trailing slash.
    let address: String

    init?(_ text: String) {
        let lower = text.lowercased()
        guard let scheme = ["ws://", "wss://"].first(where: { lower.hasPrefix($0) }) else { return nil }
        var rest = text.dropFirst(scheme.count)
        while rest.hasSuffix("/") { rest = rest.dropLast() }
        guard let host = RelayURL.host(ofAuthority: rest.prefix { $0 != "/" && $0 != "?" }) else { return nil }
        self.host = host
        address = String(rest)
    }

    /// The host of `host:port`, in lower case and with one name for this machine; `nil` when there is none.
    static func host(ofAuthority authority: some StringProtocol) -> String? {
        let host: String
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end].lowercased()
        } else {
            host = authority.prefix { $0 != ":" }.lowercased()
        }
        guard !host.isEmpty, !host.contains("@") else { return nil }
        return ["127.0.0.1", "::1"].contains(host) ? "localhost" : host
    }
}
