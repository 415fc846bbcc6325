/// Base64 with padding (RFC 4648 section 4), strict: one text for each sequence of bytes.
public enum Base64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding: UInt8 = 0x3d
    /// The value of each digit, 255 for bytes that are none.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: .max, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()

    /// The text for these bytes.
    public static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var word: UInt32 = 0
            for byte in group { word = word << 8 | UInt32(byte) }
            word <<= UInt32(3 - group.count) * 8
            for index in 0..<4 {
                let digit = digits[Int(word >> UInt32(18 - index * 6) & 63)]
                output.append(index <= group.count ? digit : padding)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The bytes for a text; `nil` for white space, wrong digits, wrong or missing padding, and bits that are not zero
    /// behind the last byte.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let source = Array(text.utf8)
        guard source.count.isMultiple(of: 4) else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(source.count / 4 * 3)
        for start in stride(from: 0, to: source.count, by: 4) {
            let isLast = start + 4 == source.count
            let missing = isLast ? source[start..<start + 4].reversed().prefix { $0 == padding }.count : 0
            guard missing <= 2 else { return nil }
            var word: UInt32 = 0
            for index in 0..<4 - missing {
                let value = values[Int(source[start + index])]
                guard value < 64 else { return nil }
                word |= UInt32(value) << UInt32(18 - index * 6)
            }
            for index in 0..<3 - missing { output.append(UInt8(truncatingIfNeeded: word >> UInt32(16 - index * 8))) }
            guard word & (1 << UInt32(missing * 8) - 1) == 0 else { return nil }
        }
        return output
    }
}
