/// The one hex codec. Nostr writes ids, keys and signatures as lower-case hex (NIP-01), so decoding refuses upper case.
///
/// Works on eight digits, one word, at a time: an event carries 256 of them, and they are read for each that comes in
/// and written for each that is read back from the log.
public enum Hex {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let lowNibbles: UInt64 = 0x0f0f_0f0f_0f0f_0f0f

    /// Decodes lower-case hex into `output`; `false` when the length is not twice the output's or a digit is wrong.
    public static func decode(_ text: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
        guard text.count == output.count * 2 else { return false }
        var offset = 0
        while offset &+ 4 <= output.count {
            guard let value = decodeWord(text.loadUnaligned(fromByteOffset: offset &* 2, as: UInt64.self)) else {
                return false
            }
            output.storeBytes(of: value, toByteOffset: offset, as: UInt32.self)
            offset &+= 4
        }
        while offset < output.count {
            guard let high = nibble(text[offset &* 2]), let low = nibble(text[offset &* 2 &+ 1]) else { return false }
            output[offset] = high &<< 4 | low
            offset &+= 1
        }
        return true
    }

    /// Decodes lower-case hex; `nil` when the length is odd or a digit is wrong.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let source = Array(text.utf8)
        guard source.count.isMultiple(of: 2) else { return nil }
        var output = [UInt8](repeating: 0, count: source.count / 2)
        let good = source.withUnsafeBytes { input in output.withUnsafeMutableBytes { decode(input, into: $0) } }
        return good ? output : nil
    }

    /// Writes the lower-case hex of `bytes` into `output`, which must have room for twice as many.
    public static func encode(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) {
        precondition(output.count >= bytes.count * 2)
        var offset = 0
        while offset &+ 4 <= bytes.count {
            let word = encodeWord(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            output.storeBytes(of: word, toByteOffset: offset &* 2, as: UInt64.self)
            offset &+= 4
        }
        while offset < bytes.count {
            output[offset &* 2] = digit(bytes[offset] &>> 4)
            output[offset &* 2 &+ 1] = digit(bytes[offset] & 15)
            offset &+= 1
        }
    }

    /// Appends the lower-case hex of `bytes`.
    public static func append(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        withUnsafeTemporaryAllocation(byteCount: bytes.count * 2, alignment: 8) { text in
            encode(bytes, into: text)
            output.append(contentsOf: text)
        }
    }

    /// The lower-case hex of `bytes`.
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var output: [UInt8] = []
        Array(bytes).withUnsafeBytes { append($0, to: &output) }
        return String(decoding: output, as: UTF8.self)
    }

    /// The value of one lower-case hex digit, or `nil`.
    @inline(__always)
    private static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte &- 0x30
        case 0x61...0x66: byte &- 0x57
        default: nil
        }
    }

    /// The lower-case digit for a value from 0 to 15.
    @inline(__always)
    private static func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? nibble &+ 0x30 : nibble &+ 0x57 }

    /// The digits for eight values from 0 to 15, one in each byte: `digit` on all of them at once.
    @inline(__always)
    private static func digits(_ nibbles: UInt64) -> UInt64 {
        // Adding 0x76 sets a byte's high bit from 10 on; letters are 0x27 further than digits would be.
        let isLetter = (nibbles &+ ones &* 0x76) &>> 7 & ones
        return nibbles &+ ones &* 0x30 &+ isLetter &* 0x27
    }

    /// Four bytes from eight digits, both in memory order, or `nil` when one is no lower-case hex digit.
    @inline(__always)
    private static func decodeWord(_ word: UInt64) -> UInt32? {
        let text = UInt64(littleEndian: word)
        // Of the bytes that can be digits only letters have bit 6; their low bits count from 1.
        let nibbles = (text & lowNibbles) &+ (text &>> 6 & ones) &* 9
        // Anything else comes out above 15, or is not what its value is written as.
        guard nibbles & ~lowNibbles == 0, digits(nibbles) == text else { return nil }
        var pairs = (nibbles &<< 4 | nibbles &>> 8) & 0x00ff_00ff_00ff_00ff
        pairs = (pairs | pairs &>> 8) & 0x0000_ffff_0000_ffff
        return UInt32(truncatingIfNeeded: pairs | pairs &>> 16).littleEndian
    }

    /// Eight digits from four bytes, both in memory order.
    @inline(__always)
    private static func encodeWord(_ word: UInt32) -> UInt64 {
        var spread = UInt64(UInt32(littleEndian: word))
        spread = (spread | spread &<< 16) & 0x0000_ffff_0000_ffff
        spread = (spread | spread &<< 8) & 0x00ff_00ff_00ff_00ff
        let nibbles = (spread &>> 4 | spread &<< 8) & lowNibbles
        return digits(nibbles).littleEndian
    }
}
