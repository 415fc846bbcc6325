import Nostr

/// What the relay published of its own log (docs/design/checkpoints-are-entries.md).
///
/// A published checkpoint is an entry that holds the whole signed note, and from it follows an event that the relay signs:
/// so a copy of the log has all its checkpoints, and every client that stores the event is a witness.
public struct Checkpoints: Equatable, Sendable {
    /// Bytes of a note: a checkpoint with as many cosignatures as a policy asks for is far smaller.
    public static let maximumNoteBytes = 16_384

    /// The position of the latest published checkpoint; `nil` before the first.
    public internal(set) var latest: UInt64?
    /// The `created_at` of its event, in seconds.
    var createdAt: Int64 = 0

    /// The event that publishes a note: addressable, one per log.
    mutating func publish(_ note: Text, origin: String, at position: Position, by relay: PublicKey) -> UnsignedEvent {
        latest = position.seq
        createdAt = max(position.seconds, createdAt + 1)
        return UnsignedEvent(
            pubkey: relay, createdAt: createdAt, kind: .logCheckpoint, tags: [["-"], ["d", Text(origin)]],
            content: note)
    }
}

extension Checkpoints: StateCodable {
    func encode(to encoder: inout StateEncoder) {
        encoder.flag(latest != nil)
        encoder.number(latest ?? 0)
        encoder.number(createdAt)
    }

    init(from decoder: inout StateDecoder) throws(StateDecodingError) {
        let isPublished = try decoder.flag()
        let position: UInt64 = try decoder.number()
        latest = isPublished ? position : nil
        createdAt = try decoder.signed()
    }
}
