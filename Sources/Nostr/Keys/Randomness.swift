import CLibCrypto

/// Random bytes fit for keys, salts and challenges, from libcrypto's generator.
///
/// A failing generator ends the process: nothing that asks for randomness can do its work without.
public enum Randomness {
    /// 32 random bytes.
    public static func bytes32() -> Bytes32 {
        withUnsafeTemporaryAllocation(byteCount: Bytes32.count, alignment: 8) { buffer in
            fill(buffer)
            return Bytes32(UnsafeRawBufferPointer(buffer))
        }
    }

    /// `count` random bytes.
    public static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            fill(UnsafeMutableRawBufferPointer(buffer))
            initialized = count
        }
    }

    private static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        guard !buffer.isEmpty else { return }
        let result = RAND_bytes(buffer.bindMemory(to: UInt8.self).baseAddress, Int32(buffer.count))
        precondition(result == 1, "the system's random generator failed")
    }
}
