/// Whole numbers in as few bytes as they need: seven bits to a byte, lowest first, the high bit set on all but the last
/// (LEB128).
enum Varint {
    /// Most bytes that a 64-bit number takes.
    static let maximumSize = 10

    static func append(_ value: UInt64, to output: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest &>>= 7
        }
        output.append(UInt8(truncatingIfNeeded: rest))
    }
}
