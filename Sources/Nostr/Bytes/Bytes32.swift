/// Thirty-two bytes: an event id, a public key (x-only, BIP-340), a SHA-256 hash or a salt.
///
/// Four words instead of an array, so that it is copied, compared and hashed without touching the heap. The words hold
/// the bytes in big-endian order, so `<` is byte order.
public struct Bytes32: Hashable, Comparable, Sendable {
    @usableFromInline let word0: UInt64
    @usableFromInline let word1: UInt64
    @usableFromInline let word2: UInt64
    @usableFromInline let word3: UInt64

    /// How many bytes there are.
    public static let count = 32
    /// All bytes 0.
    public static let zero = Bytes32(0, 0, 0, 0)

    @inlinable
    init(_ word0: UInt64, _ word1: UInt64, _ word2: UInt64, _ word3: UInt64) {
        self.word0 = word0
        self.word1 = word1
        self.word2 = word2
        self.word3 = word3
    }

    /// The first 32 bytes of `bytes`, which must hold at least that many.
    @inlinable
    public init(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count >= Bytes32.count)
        word0 = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        word1 = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        word2 = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        word3 = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
    }

    /// `nil` unless there are exactly 32 bytes.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Bytes32.count else { return nil }
        self = Array(bytes).withUnsafeBytes { Bytes32($0) }
    }

    /// `nil` unless the text is exactly 64 lower-case hex digits.
    public init?(hex: UnsafeRawBufferPointer) {
        guard hex.count == Bytes32.count * 2 else { return nil }
        var bytes: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        guard withUnsafeMutableBytes(of: &bytes, { Hex.decode(hex, into: $0) }) else { return nil }
        self.init(
            UInt64(bigEndian: bytes.0), UInt64(bigEndian: bytes.1), UInt64(bigEndian: bytes.2),
            UInt64(bigEndian: bytes.3))
    }

    /// `nil` unless the text is exactly 64 lower-case hex digits.
    public init?(hex: some StringProtocol) {
        guard let value = Array(hex.utf8).withUnsafeBytes({ Bytes32(hex: $0) }) else { return nil }
        self = value
    }

    /// Calls `body` with the 32 bytes.
    @inlinable
    public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        let bytes = (word0.bigEndian, word1.bigEndian, word2.bigEndian, word3.bigEndian)
        return try Swift.withUnsafeBytes(of: bytes, body)
    }

    /// The 32 bytes.
    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    /// 64 lower-case hex digits.
    public var hex: String {
        var output: [UInt8] = []
        appendHex(to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// Appends the 32 bytes.
    public func append(to output: inout [UInt8]) {
        withUnsafeBytes { output.append(contentsOf: $0) }
    }

    /// Appends 64 lower-case hex digits.
    public func appendHex(to output: inout [UInt8]) {
        withUnsafeBytes { Hex.append($0, to: &output) }
    }

    /// The first eight bytes as a number: what the indexes key on.
    @inlinable
    public var prefix: UInt64 { word0 }

    /// In the order of the bytes.
    @inlinable
    public static func < (left: Bytes32, right: Bytes32) -> Bool {
        if left.word0 != right.word0 { return left.word0 < right.word0 }
        if left.word1 != right.word1 { return left.word1 < right.word1 }
        if left.word2 != right.word2 { return left.word2 < right.word2 }
        return left.word3 < right.word3
    }
}

extension Bytes32: CustomStringConvertible {
    /// 64 lower-case hex digits.
    public var description: String { hex }
}

/// An event's id: the SHA-256 of its canonical serialisation (NIP-01).
public typealias EventID = Bytes32
/// An x-only public key (BIP-340).
public typealias PublicKey = Bytes32
