import Nostr

/// Room for one payload, used again for the next.
struct PayloadBuffer: ~Copyable {
    private var storage: UnsafeMutableRawBufferPointer
    private(set) var count = 0
    /// Where the last shared content is.
    private(set) var shared: Range<Int>?

    init() {
        storage = .allocate(byteCount: 4096, alignment: 8)
    }

    deinit { storage.deallocate() }

    /// The payload so far.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage[..<count]) }

    mutating func removeAll() {
        count = 0
        shared = nil
    }

    /// Makes room at the end; `nil` when the payload would become too large.
    @inline(__always)
    mutating func extend(by size: Int) -> UnsafeMutableRawBufferPointer? {
        let end = count &+ size
        if end > storage.count {
            guard end <= PayloadLimits.maximumBytes else { return nil }
            grow(to: end)
        }
        defer { count = end }
        return UnsafeMutableRawBufferPointer(rebasing: storage[count..<end])
    }

    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let room = extend(by: bytes.count) else { return false }
        room.copyMemory(from: bytes)
        return true
    }

    /// Appends a content that other entries may have, too.
    mutating func append(shared content: UnsafeRawBufferPointer) -> Bool {
        let start = count
        guard append(content) else { return false }
        shared = start..<count
        return true
    }

    @inline(__always)
    mutating func appendHex(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let room = extend(by: bytes.count &* 2) else { return false }
        Hex.encode(bytes, into: room)
        return true
    }

    mutating func appendDecimal(_ value: UInt64) -> Bool {
        var digits = 1
        var rest = value / 10
        while rest > 0 {
            digits &+= 1
            rest /= 10
        }
        guard let room = extend(by: digits) else { return false }
        rest = value
        for index in stride(from: digits &- 1, through: 0, by: -1) {
            room[index] = 0x30 &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        return true
    }

    private mutating func grow(to size: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, storage.count * 2), alignment: 8)
        larger.copyMemory(from: UnsafeRawBufferPointer(storage))
        storage.deallocate()
        storage = larger
    }
}
