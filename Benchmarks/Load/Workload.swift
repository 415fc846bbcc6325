import Nostr

/// Events made beforehand, from seeded keys: the same arguments give the same bytes.
enum Workload {
    static func key(_ name: String) -> SecretKey {
        var hash = SHA256.hash(Array("ringdown-bench \(name)".utf8))
        while true {
            if let key = SecretKey(hash.bytes) { return key }
            hash = SHA256.hash(hash.bytes)
        }
    }

    /// Regular events of about 500 bytes of JSON with one p tag.
    static func notes(_ count: Int, by key: SecretKey, from start: Int64) -> [[UInt8]] {
        let filler = String(repeating: "the quick brown fox ", count: 6)
        return (0..<count).map { index in
            UnsignedEvent(
                pubkey: key.publicKey, createdAt: start + Int64(index / 10), kind: .textNote,
                tags: [["p", Text(SHA256.hash([UInt8(index & 255)]).hex)]], content: Text("\(index) \(filler)")
            ).signed(by: key).raw
        }
    }

    static func connectRequest(from key: SecretKey, to peer: PublicKey, attempt: Int, at time: Int64) -> Event {
        let content =
            #"{"self_endpoint_addr":"addr-a","peer_endpoint_addr":"addr-b","attempt_id":"bench-\#(attempt)"}"#
        return UnsignedEvent(
            pubkey: key.publicKey, createdAt: time, kind: .meshConnectRequest, tags: [["p", Text(peer.hex)]],
            content: Text(content)
        ).signed(by: key)
    }
}
