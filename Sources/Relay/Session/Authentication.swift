import Nostr

/// What a NIP-42 event has to prove on one connection.
struct Authentication: Sendable {
    /// How far the event's `created_at` may be from the relay's clock, in seconds (WIRE.md, "Sessions").
    static let freshnessSeconds: Int64 = 60

    /// The random text that this connection was sent.
    let challenge: Text
    /// The hosts under which this relay is known.
    let hosts: Set<String>

    /// A challenge for one connection: 64 hex characters.
    init(hosts: Set<String>, random: Bytes32 = Randomness.bytes32()) {
        challenge = Text(random.hex)
        self.hosts = hosts
    }

    /// Checks everything but membership, which the log decides. Returns what the client is told when it fails.
    func fault(in event: Event, now: Int64) -> String? {
        guard event.kind == .clientAuthentication else {
            return "invalid: an AUTH event has kind 22242, not \(event.kind.rawValue)"
        }
        guard abs(event.createdAt - now) <= Authentication.freshnessSeconds else {
            return
                "invalid: created_at of the AUTH event is not within \(Authentication.freshnessSeconds) s of the relay's clock"
        }
        guard event.tags.firstValue(of: "challenge") == challenge else {
            return "invalid: the challenge tag is not the challenge of this connection"
        }
        guard let tag = event.tags.firstValue(of: "relay"), let url = RelayURL(tag.string) else {
            return "invalid: the relay tag is missing or is no ws:// or wss:// address"
        }
        guard hosts.contains(url.host) else {
            return "invalid: the relay tag names \(url.host), which is not this relay"
        }
        do {
            try event.verify()
            return nil
        } catch {
            return "invalid: \(error.message)"
        }
    }
}
