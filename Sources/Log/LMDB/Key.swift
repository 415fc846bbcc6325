import Glibc

/// A table's key under construction: big-endian numbers one after the other, without touching the heap.
struct Key: Equatable, Comparable {
    /// Most bytes that a key can have.
    static let capacity = 40

    private var bytes: InlineArray<40, UInt8> = .init(repeating: 0)
    private(set) var count = 0

    init() {}

    /// A key that is one 64-bit number.
    init(_ number: UInt64) { append(number) }

    /// The first `Key.capacity` bytes of `bytes`.
    init(copying source: UnsafeRawBufferPointer) {
        for byte in source.prefix(Key.capacity) { append(byte) }
    }

    /// Appends a number in big-endian order.
    mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        let width = MemoryLayout<Number>.size
        precondition(count + width <= Key.capacity)
        withUnsafeMutableBytes(of: &bytes) {
            $0.storeBytes(of: number.bigEndian, toByteOffset: count, as: Number.self)
        }
        count += width
    }

    /// Appends a position of the log in six bytes.
    mutating func append(position: UInt64) {
        append(UInt16(truncatingIfNeeded: position &>> 32))
        append(UInt32(truncatingIfNeeded: position))
    }

    /// Appends `count` bytes of the same value.
    mutating func append(repeating byte: UInt8, count: Int) {
        for _ in 0..<count { append(byte) }
    }

    /// Appends bytes.
    mutating func append(contentsOf source: UnsafeRawBufferPointer) {
        for byte in source { append(byte) }
    }

    /// Calls `body` with the key's bytes.
    @inline(__always)
    func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        let count = count
        return try Swift.withUnsafeBytes(of: bytes) { buffer throws(E) in
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// In the order that LMDB keeps them: by their bytes.
    ///
    /// Eight at a time: what is behind a key's end is zero, so that of two that differ in nothing but zeros the shorter
    /// one comes first. Thousands of keys are sorted for each commit.
    @inline(__always)
    static func < (left: Key, right: Key) -> Bool {
        Swift.withUnsafeBytes(of: left.bytes) { first in
            Swift.withUnsafeBytes(of: right.bytes) { second in
                var offset = 0
                while offset < Key.capacity {
                    let (one, other) = (
                        first.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
                        second.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    )
                    if one != other { return one.byteSwapped < other.byteSwapped }
                    offset &+= 8
                }
                return left.count < right.count
            }
        }
    }

    static func == (left: Key, right: Key) -> Bool {
        left.withUnsafeBytes { left in right.withUnsafeBytes { left.hasSameBytes(as: $0) } }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether both hold the same bytes.
    @inline(__always)
    func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard count > 0, let left = baseAddress, let right = other.baseAddress else { return true }
        return memcmp(left, right, count) == 0
    }

    /// The big-endian number at `offset`, which must be inside.
    @inline(__always)
    func number<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type = Number.self) -> Number {
        precondition(offset >= 0 && offset &+ MemoryLayout<Number>.size <= count)
        return Number(bigEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
    }

    /// The six-byte position at `offset`, which must be inside.
    @inline(__always)
    func position(at offset: Int) -> UInt64 {
        UInt64(number(at: offset, as: UInt16.self)) &<< 32 | UInt64(number(at: offset &+ 2, as: UInt32.self))
    }

    /// The bytes in `range`, which must be inside.
    @inline(__always)
    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[range])
    }
}
