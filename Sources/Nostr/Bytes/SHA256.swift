import CLibCrypto

/// SHA-256 (FIPS 180-4) by libcrypto, on the stack.
///
/// OpenSSL 3.0's one-shot `SHA256()` fetches its algorithm under a lock for every call and does not scale over cores.
/// The block functions keep all their state in a plain struct.
public struct SHA256: ~Copyable {
    private var context = SHA256_CTX()

    /// A hash of nothing yet.
    public init() {
        SHA256_Init(&context)
    }

    /// Hashes these bytes next.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        SHA256_Update(&context, bytes.baseAddress, bytes.count)
    }

    /// Hashes these bytes next.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Hashes these bytes next.
    public mutating func update(_ bytes: Bytes32) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Hashes the text's UTF-8 next.
    public mutating func update(_ text: StaticString) {
        SHA256_Update(&context, text.utf8Start, text.utf8CodeUnitCount)
    }

    /// Hashes one byte next.
    public mutating func update(byte: UInt8) {
        withUnsafeBytes(of: byte) { update($0) }
    }

    /// Hashes a number in big-endian order next.
    public mutating func update(bigEndian number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.bigEndian) { update($0) }
    }

    /// The hash of everything that was given.
    public consuming func finalize() -> Bytes32 {
        withUnsafeTemporaryAllocation(byteCount: Bytes32.count, alignment: 8) { output in
            SHA256_Final(output.baseAddress?.assumingMemoryBound(to: UInt8.self), &context)
            return Bytes32(UnsafeRawBufferPointer(output))
        }
    }

    /// The hash of `bytes`.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> Bytes32 {
        var hasher = SHA256()
        hasher.update(bytes)
        return hasher.finalize()
    }

    /// The hash of `bytes`.
    public static func hash(_ bytes: [UInt8]) -> Bytes32 {
        bytes.withUnsafeBytes { hash($0) }
    }

    /// HMAC-SHA-256 (RFC 2104) under a 32-byte key.
    public static func authenticate(_ message: UnsafeRawBufferPointer, key: Bytes32) -> Bytes32 {
        let keyBytes = key.bytes
        func pad(_ mask: UInt8) -> [UInt8] {
            (0..<64).map { $0 < keyBytes.count ? keyBytes[$0] ^ mask : mask }
        }
        var inner = SHA256()
        inner.update(pad(0x36))
        inner.update(message)
        var outer = SHA256()
        outer.update(pad(0x5c))
        outer.update(inner.finalize())
        return outer.finalize()
    }
}
