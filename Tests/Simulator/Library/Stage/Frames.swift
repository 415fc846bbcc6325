import NIOCore

/// WebSocket frames as a client has them (RFC 6455, section 5.2), written here so that nothing of the relay's own checks
/// itself.
enum Frames {
    /// A masked frame.
    static func masked(_ payload: [UInt8], opcode: UInt8 = 1) -> [UInt8] {
        let mask: [UInt8] = [0x12, 0x34, 0x56, 0x78]
        var frame: [UInt8] = [0x80 | opcode]
        switch payload.count {
        case ..<126: frame.append(0x80 | UInt8(payload.count))
        case ..<65_536: frame += [0xfe, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
        default: frame += [0xff] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> (8 * $0)) }
        }
        frame += mask
        for (index, byte) in payload.enumerated() { frame.append(byte ^ mask[index & 3]) }
        return frame
    }

    /// Takes whole frames off the front of what came.
    static func take(from bytes: inout [UInt8]) -> [(opcode: UInt8, payload: [UInt8])] {
        var frames: [(UInt8, [UInt8])] = []
        var position = 0
        while bytes.count - position >= 2 {
            var head = 2
            var length = Int(bytes[position + 1] & 0x7f)
            let extended = length == 126 ? 2 : length == 127 ? 8 : 0
            guard bytes.count - position >= head + extended else { break }
            if extended > 0 {
                length = bytes[position + 2..<position + 2 + extended].reduce(0) { $0 << 8 | Int($1) }
                head += extended
            }
            guard bytes.count - position >= head + length else { break }
            let begin = position + head
            frames.append((bytes[position] & 0x0f, Array(bytes[begin..<begin + length])))
            position = begin + length
        }
        bytes.removeFirst(position)
        return frames
    }
}
