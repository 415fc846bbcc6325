import NIOCore
import Nostr

/// Under which names a client may address the relay: in the `relay` tag of NIP-42 and in the `u` tag of NIP-98.
///
/// A name that others could choose must not be among them: who authenticates to a stranger under the stranger's name would
/// authenticate here. So the `Host` header says nothing; and what a trusted proxy says was asked for counts only while the
/// relay has no public address in its settings, since the proxy may take it from the client.
struct RelayNames: Sendable {
    private let hosts: Set<String>
    private let addresses: [HTTPAddress]
    private let believesProxies: Bool

    init(_ settings: Settings) {
        var hosts = Set(settings.urls.compactMap { RelayURL($0)?.host })
        var addresses = settings.urls.compactMap { HTTPAddress($0) }
        if let listen = settings.listen?.description {
            if let host = RelayURL.host(ofAuthority: listen) { hosts.insert(host) }
            addresses += RelayNames.addresses(ofAuthority: listen)
        }
        self.hosts = hosts
        self.addresses = addresses
        believesProxies = settings.urls.isEmpty
    }

    /// Paths under which the relay is known, for those who come with the whole path: `/mesh`.
    var paths: [String] { addresses.map(\.target).filter { $0 != "/" } }

    /// The hosts that count on a connection.
    func hosts(on channel: any Channel, for client: ClientAddress) -> Set<String> {
        hosts.union(others(channel, client).compactMap { RelayURL.host(ofAuthority: $0) })
    }

    /// The addresses that count on a connection, each with the path behind which the relay's own paths begin.
    func addresses(on channel: any Channel, for client: ClientAddress) -> [HTTPAddress] {
        addresses + others(channel, client).flatMap { RelayNames.addresses(ofAuthority: $0) }
    }

    /// The address that was reached, and what a trusted proxy says was asked for.
    private func others(_ channel: any Channel, _ client: ClientAddress) -> [String] {
        var authorities: [String] = []
        if let local = channel.localAddress, let address = local.ipAddress, let port = local.port {
            authorities.append("\(address.contains(":") ? "[\(address)]" : address):\(port)")
        }
        if believesProxies, let host = client.host { authorities.append(host) }
        return authorities
    }

    /// Without its scheme, a port that is one scheme's own may be left away.
    private static func addresses(ofAuthority authority: String) -> [HTTPAddress] {
        ["http", "https"].compactMap { HTTPAddress("\($0)://\(authority)") }
    }
}
