import Nostr

/// Salted commitments: a leaf says which payload it stands for and gives nothing of it away (AUDIT.md, "Commitments, not
/// data").
public enum Commitment {
    /// SHA-256("nrl1 payload\n" ‖ salt ‖ u32 length ‖ payload).
    public static func of(payload: UnsafeRawBufferPointer, salt: Bytes32) -> Bytes32 {
        var hasher = SHA256()
        hasher.update("nrl1 payload\n")
        hasher.update(salt)
        hasher.update(bigEndian: UInt32(truncatingIfNeeded: payload.count))
        hasher.update(payload)
        return hasher.finalize()
    }

    /// The salt of an output: HMAC-SHA-256 of its index, four bytes big-endian and counting from 1, under the input's salt.
    /// So every node derives the same tree, and erasing the input's salt erases those of its outputs.
    public static func outputSalt(input: Bytes32, index: UInt32) -> Bytes32 {
        withUnsafeBytes(of: index.bigEndian) { SHA256.authenticate($0, key: input) }
    }
}
