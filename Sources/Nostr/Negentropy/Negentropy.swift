/// Set reconciliation, version 1 (NIP-77, appendix): two sides learn which events each of them lacks, by comparing
/// fingerprints of ranges of their sorted events and splitting those that differ.
///
/// `NegentropySet` holds one side's events, `NegentropyResponder` answers for a relay, `NegentropyInitiator` asks for a
/// client. All of it is pure: messages in, messages out.
public enum Negentropy {
    /// The first byte of every message: version 1.
    public static let version: UInt8 = 0x61
    /// The bytes of a fingerprint.
    public static let fingerprintBytes = 16
    /// Into how many ranges one that differs is split; fewer events than twice that are listed instead.
    static let buckets = 16

    /// The fewest bytes that a message may be limited to: with fewer no message would get anywhere.
    public static let minimumFrameBytes = 4_096
    /// What a message is limited to by default. As hex, in JSON, it is 120 KB: what every client reads.
    public static let defaultFrameBytes = 60_000
    /// Room that is kept for what ends a message that had to be cut: a `Skip`, and a fingerprint of all the rest.
    static let reservedBytes = 128

    /// How the sender goes on with a range.
    enum Mode: UInt64 {
        /// It says nothing about it.
        case skip = 0
        /// It sends a digest of its ids.
        case fingerprint = 1
        /// It sends its ids.
        case idList = 2
    }
}
