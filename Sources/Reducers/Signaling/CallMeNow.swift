import Nostr

/// The two halves of a call (WIRE.md, "24622 call-me-now"): each end learns where to dial the other.
struct CallMeNow {
    var recipient: PublicKey
    /// The other end: its address, its correlation id and its key.
    var peerEndpointAddress: Text
    var peerEndpointID: Text?
    var peer: PublicKey
    var attemptID: Text
    var expiresAt: Int64

    /// The pair for a granted request: first the requester's half, then the target's.
    static func pair(
        _ request: ConnectRequest, from requester: PublicKey, to target: PublicKey, expiresAt: Int64
    ) -> [CallMeNow] {
        [
            CallMeNow(
                recipient: requester, peerEndpointAddress: request.peerEndpointAddress,
                peerEndpointID: request.peerEndpointID, peer: target, attemptID: request.attemptID,
                expiresAt: expiresAt),
            CallMeNow(
                recipient: target, peerEndpointAddress: request.selfEndpointAddress,
                peerEndpointID: request.selfEndpointID, peer: requester, attemptID: request.attemptID,
                expiresAt: expiresAt),
        ]
    }

    /// The event that the relay signs.
    func event(at position: Position, context: Context) -> UnsignedEvent {
        var json = JSONWriter()
        json.beginObject()
        json.key("v")
        json.number(1)
        json.key("type")
        json.string(context.policy.dialect.callMeNowType)
        json.field("peer_endpoint_addr", peerEndpointAddress)
        json.field("peer_endpoint_id", peerEndpointID)
        json.field("attempt_id", attemptID)
        json.key("expires_at")
        json.number(expiresAt)
        json.key("peer_pubkey")
        json.hex(peer)
        json.endObject()
        return UnsignedEvent(
            pubkey: context.relay, createdAt: position.seconds, kind: .callMeNow,
            tags: [["p", Text(recipient.hex)]], content: Text(validUTF8: json.bytes))
    }
}
