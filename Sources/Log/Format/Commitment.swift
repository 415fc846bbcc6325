import Nostr

/// How a leaf commits to its payload without giving it away (AUDIT.md, "Commitments, not data").
public enum Commitment {
    /// SHA-256("nrl1 payload\n" ‖ salt ‖ length as u32 ‖ payload).
    public static func of(payload: UnsafeRawBufferPointer, salt: Bytes32) -> Bytes32 {
        var hasher = SHA256()
        // One update for everything before the payload: each call costs more than the bytes it brings.
        withUnsafeTemporaryAllocation(byteCount: headSize, alignment: 8) { head in
            head.copyBytes(from: UnsafeRawBufferPointer(start: tag.utf8Start, count: tag.utf8CodeUnitCount))
            salt.store(in: head, at: tag.utf8CodeUnitCount)
            head.storeBytes(
                of: UInt32(payload.count).bigEndian, toByteOffset: headSize - MemoryLayout<UInt32>.size,
                as: UInt32.self)
            hasher.update(UnsafeRawBufferPointer(head))
        }
        hasher.update(payload)
        return hasher.finalize()
    }

    /// SHA-256("nrl1 payload\n" ‖ salt ‖ length as u32 ‖ payload).
    public static func of(payload: [UInt8], salt: Bytes32) -> Bytes32 {
        payload.withUnsafeBytes { of(payload: $0, salt: salt) }
    }

    /// The salt of an input's output: HMAC-SHA-256 under the input's salt over the output's index, four bytes
    /// big-endian, counting from 1. So every node that knows the input derives the same tree, and erasing the input's
    /// salt erases all.
    public static func outputSalt(input: Bytes32, index: UInt32) -> Bytes32 {
        withUnsafeBytes(of: index.bigEndian) { SHA256.authenticate($0, key: input) }
    }

    private static let tag: StaticString = "nrl1 payload\n"
    private static let headSize = tag.utf8CodeUnitCount + Bytes32.count + MemoryLayout<UInt32>.size
}
