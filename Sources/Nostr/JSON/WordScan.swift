/// Looks at eight bytes at a time for the ones that end a plain run of a JSON string.
enum WordScan {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// The offset, from `start` on, of the first control character, quote or backslash (and first byte above 0x7f when
    /// asked for), or the count of `bytes`.
    @inline(__always)
    static func firstSpecial(_ bytes: UnsafeRawBufferPointer, from start: Int, stopAtNonASCII: Bool) -> Int {
        var offset = start
        while offset &+ 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            // Each term marks the high bit of a byte that matches. A borrow can mark further bytes, but only above
            // one that really matches, so the lowest mark of each term, and of their union, is exact.
            let control = (word &- ones &* 0x20) & ~word
            let quotes = word ^ ones &* UInt64(JSONEscape.quote)
            let backslashes = word ^ ones &* UInt64(JSONEscape.backslash)
            var marks = control | (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes
            if stopAtNonASCII { marks |= word }
            marks &= highs
            if marks != 0 { return offset &+ marks.trailingZeroBitCount &>> 3 }
            offset &+= 8
        }
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte < 0x20 || byte == JSONEscape.quote || byte == JSONEscape.backslash { break }
            if stopAtNonASCII && byte >= 0x80 { break }
            offset &+= 1
        }
        return offset
    }
}
