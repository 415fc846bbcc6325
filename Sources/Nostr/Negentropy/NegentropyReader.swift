/// Reads the parts of a message, each bounded by what is left of it. Nothing is allocated for what was only announced.
struct NegentropyReader {
    private let bytes: [UInt8]
    private(set) var position = 0
    private var lastTime: UInt64 = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    func malformed(_ reason: String) -> NegentropyError { .malformed(reason, offset: position) }

    mutating func byte() throws(NegentropyError) -> UInt8 {
        guard position < bytes.count else { throw malformed("the message ends too early") }
        position += 1
        return bytes[position - 1]
    }

    /// Base 128, most significant digit first, as few digits as possible.
    mutating func varint() throws(NegentropyError) -> UInt64 {
        var value: UInt64 = 0
        var isFirst = true
        while true {
            let byte = try byte()
            if isFirst, byte == 0x80 { throw malformed("a number has leading zeros") }
            isFirst = false
            guard value >> 57 == 0 else { throw malformed("a number has more than 64 bits") }
            value = value << 7 | UInt64(byte & 0x7f)
            if byte & 0x80 == 0 { return value }
        }
    }

    mutating func mode() throws(NegentropyError) -> Negentropy.Mode {
        guard let mode = Negentropy.Mode(rawValue: try varint()) else { throw malformed("there is no such mode") }
        return mode
    }

    mutating func bound() throws(NegentropyError) -> NegentropyBound {
        let time = try time()
        let count = try varint()
        guard count <= UInt64(Bytes32.count) else { throw malformed("a bound has more than 32 bytes of an id") }
        let isInfinite = time == NegentropyBound.infiniteTime
        guard !isInfinite || count == 0 else { throw malformed("the last bound has an id") }
        let prefix = try take(Int(count))
        let id = withUnsafeTemporaryAllocation(byteCount: Bytes32.count, alignment: 8) { buffer in
            for index in 0..<Bytes32.count { buffer[index] = 0 }
            for (index, byte) in prefix.enumerated() { buffer[index] = byte }
            return Bytes32(UnsafeRawBufferPointer(buffer))
        }
        return NegentropyBound(place: EventIdentity(createdAt: time, id: id), idBytes: Int(count))
    }

    /// 0 is infinity; anything else is one more than what is added to the time before it.
    private mutating func time() throws(NegentropyError) -> UInt64 {
        let encoded = try varint()
        guard encoded > 0 else { return NegentropyBound.infiniteTime }
        let (time, isTooLarge) = lastTime.addingReportingOverflow(encoded - 1)
        guard !isTooLarge, time < NegentropyBound.infiniteTime else { throw malformed("a time has more than 64 bits") }
        lastTime = time
        return time
    }

    mutating func fingerprint() throws(NegentropyError) -> NegentropyFingerprint {
        let bytes = try take(Negentropy.fingerprintBytes)
        return bytes.withUnsafeBytes { NegentropyFingerprint($0) }
    }

    /// A list of ids, as the bytes that they are.
    mutating func idList() throws(NegentropyError) -> ArraySlice<UInt8> {
        let count = try varint()
        guard count <= UInt64(bytes.count - position) / UInt64(Bytes32.count) else {
            throw malformed("a list announces more ids than there are")
        }
        return try take(Int(count) * Bytes32.count)
    }

    private mutating func take(_ count: Int) throws(NegentropyError) -> ArraySlice<UInt8> {
        guard count <= bytes.count - position else { throw malformed("the message ends too early") }
        position += count
        return bytes[(position - count)..<position]
    }
}
