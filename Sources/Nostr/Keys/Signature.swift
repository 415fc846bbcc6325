/// A BIP-340 signature: 64 bytes, kept in place.
public struct Signature: Hashable, Sendable {
    /// The x coordinate of the nonce point: the first 32 bytes.
    let nonce: Bytes32
    /// The last 32 bytes.
    let scalar: Bytes32

    /// How many bytes a signature has.
    public static let count = 64

    init(nonce: Bytes32, scalar: Bytes32) {
        self.nonce = nonce
        self.scalar = scalar
    }

    /// `nil` unless there are exactly 64 bytes.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Signature.count else { return nil }
        self = Array(bytes).withUnsafeBytes { Signature($0) }
    }

    /// The first 64 bytes of `bytes`, which must hold at least that many.
    public init(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count >= Signature.count)
        nonce = Bytes32(UnsafeRawBufferPointer(rebasing: bytes[0..<32]))
        scalar = Bytes32(UnsafeRawBufferPointer(rebasing: bytes[32..<64]))
    }

    /// `nil` unless the text is exactly 128 lower-case hex digits.
    public init?(hex: UnsafeRawBufferPointer) {
        guard hex.count == Signature.count * 2,
            let nonce = Bytes32(hex: UnsafeRawBufferPointer(rebasing: hex[0..<64])),
            let scalar = Bytes32(hex: UnsafeRawBufferPointer(rebasing: hex[64..<128]))
        else { return nil }
        self.nonce = nonce
        self.scalar = scalar
    }

    /// `nil` unless the text is exactly 128 lower-case hex digits.
    public init?(hex: some StringProtocol) {
        guard let value = Array(hex.utf8).withUnsafeBytes({ Signature(hex: $0) }) else { return nil }
        self = value
    }

    /// Calls `body` with the 64 bytes.
    public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        let words = (
            nonce.word0.bigEndian, nonce.word1.bigEndian, nonce.word2.bigEndian, nonce.word3.bigEndian,
            scalar.word0.bigEndian, scalar.word1.bigEndian, scalar.word2.bigEndian, scalar.word3.bigEndian
        )
        return try Swift.withUnsafeBytes(of: words, body)
    }

    /// The 64 bytes.
    public var bytes: [UInt8] { nonce.bytes + scalar.bytes }

    /// 128 lower-case hex digits.
    public var hex: String { nonce.hex + scalar.hex }

    /// Appends the 64 bytes.
    public func append(to output: inout [UInt8]) {
        nonce.append(to: &output)
        scalar.append(to: &output)
    }

    /// Appends 128 lower-case hex digits.
    public func appendHex(to output: inout [UInt8]) {
        nonce.appendHex(to: &output)
        scalar.appendHex(to: &output)
    }
}

extension Signature: CustomStringConvertible {
    /// 128 lower-case hex digits.
    public var description: String { hex }
}
