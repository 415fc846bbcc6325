import Nostr

/// A part of the state that has a canonical encoding: equal values give equal bytes, on every machine and in every
/// build. The encoding is what `state_root` hashes and what a snapshot stores.
protocol StateCodable {
    func encode(to encoder: inout StateEncoder)
    init(from decoder: inout StateDecoder) throws(StateDecodingError)
}

/// Writes fixed-size numbers in big-endian order and everything else behind its length.
struct StateEncoder: ~Copyable {
    /// Bytes that gather before they are hashed: they stay in the processor's cache.
    private static let chunkBytes = 65_536

    /// What was written; of an encoder that hashes, the part that was not hashed yet.
    private(set) var bytes: [UInt8] = []
    private var hasher: SHA256?

    /// Keeps the bytes.
    init() { hasher = nil }

    private init(hasher: consuming SHA256) {
        self.hasher = consume hasher
        bytes.reserveCapacity(StateEncoder.chunkBytes)
    }

    /// The hash of what `body` writes, without keeping it. A state with ten thousand sessions and notes has 14 MB: making
    /// room for them doubles the time of a mark, 13 ms, in which nothing else is decided.
    static func hash(_ body: (inout StateEncoder) -> Void) -> Bytes32 {
        var encoder = StateEncoder(hasher: SHA256())
        body(&encoder)
        encoder.hashChunk()
        return encoder.hasher.take()?.finalize() ?? .zero
    }

    private mutating func hashChunk() {
        hasher?.update(bytes)
        bytes.removeAll(keepingCapacity: true)
    }

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func number(_ value: UInt64) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func number(_ value: Int64) { number(UInt64(bitPattern: value)) }

    mutating func count(_ value: Int) { number(UInt64(value)) }

    mutating func flag(_ value: Bool) { byte(value ? 1 : 0) }

    mutating func key(_ value: Bytes32) {
        // Everything that there is many of has a key.
        if hasher != nil, bytes.count >= StateEncoder.chunkBytes { hashChunk() }
        value.append(to: &bytes)
    }

    mutating func data(_ value: [UInt8]) {
        count(value.count)
        bytes.append(contentsOf: value)
    }
}

/// Why bytes are no encoded state. A snapshot is a cache, so the answer is always to throw it away and to replay.
enum StateDecodingError: Error, Equatable {
    case truncated
    case tooMany(Int)
    case badValue(UInt64)
    case trailingBytes
    case damaged
}

/// Reads what `StateEncoder` wrote, and checks every length before it is used.
struct StateDecoder {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private mutating func take(_ count: Int) throws(StateDecodingError) -> ArraySlice<UInt8> {
        guard count <= bytes.count - offset else { throw .truncated }
        defer { offset += count }
        return bytes[offset..<(offset + count)]
    }

    mutating func byte() throws(StateDecodingError) -> UInt8 {
        guard let byte = try take(1).first else { throw .truncated }
        return byte
    }

    mutating func number() throws(StateDecodingError) -> UInt64 {
        try take(8).reduce(0) { $0 &<< 8 | UInt64($1) }
    }

    mutating func signed() throws(StateDecodingError) -> Int64 { Int64(bitPattern: try number()) }

    mutating func count(limit: Int) throws(StateDecodingError) -> Int {
        let value = try number()
        guard value <= UInt64(limit) else { throw .tooMany(limit) }
        return Int(value)
    }

    mutating func flag() throws(StateDecodingError) -> Bool {
        switch try byte() {
        case 0: false
        case 1: true
        case let other: throw .badValue(UInt64(other))
        }
    }

    mutating func key() throws(StateDecodingError) -> Bytes32 {
        guard let key = Bytes32(try take(Bytes32.count)) else { throw .truncated }
        return key
    }

    mutating func data(limit: Int) throws(StateDecodingError) -> [UInt8] {
        Array(try take(try count(limit: limit)))
    }

    func finish() throws(StateDecodingError) {
        guard offset == bytes.count else { throw .trailingBytes }
    }
}
