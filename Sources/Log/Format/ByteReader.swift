import Nostr

/// Reads a stored record from front to back; every step says `nil` where the bytes end too early.
struct ByteReader {
    let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count &- position }
    var isAtEnd: Bool { position == bytes.count }

    @inline(__always)
    mutating func byte() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position &+= 1 }
        return bytes[position]
    }

    @inline(__always)
    mutating func number<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number? {
        let width = MemoryLayout<Number>.size
        guard remaining >= width else { return nil }
        defer { position &+= width }
        return bytes.number(at: position)
    }

    @inline(__always)
    mutating func bytes32() -> Bytes32? {
        take(Bytes32.count).map { Bytes32($0) }
    }

    @inline(__always)
    mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count >= 0, remaining >= count else { return nil }
        defer { position &+= count }
        return bytes.slice(position..<position &+ count)
    }

    @inline(__always)
    mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = byte() {
            // The tenth byte has room for one bit.
            if shift == 63 && byte > 1 { return nil }
            value |= UInt64(byte & 0x7f) &<< shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        return nil
    }
}
