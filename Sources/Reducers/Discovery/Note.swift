import Nostr

/// The latest mesh status note (30621) of one reporter.
public struct Note: Equatable, Sendable {
    /// Whose note it is.
    public var reporter: PublicKey
    /// The note's `created_at`: strictly increasing for each reporter.
    public var createdAt: Int64
    /// The note's NIP-40 expiration, in seconds since 1970.
    public var expiresAt: Int64
    /// The log's time of the latest accepted report, in microseconds.
    public var reportedAt: Int64
    /// The position of the report that made the note.
    public var seq: UInt64
    /// SHA-256 of the note's content without its time: what tells a report that changes nothing.
    public var digest: Bytes32
    /// The content as it was signed.
    public var content: Text
    /// Whether the note offers nothing: its reporter stopped, left, was removed or went silent.
    public var isEmpty: Bool
}
