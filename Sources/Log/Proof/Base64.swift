/// Standard base64 with padding (RFC 4648, section 4), as signed notes use it.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: some Collection<UInt8>) -> String {
        var output: [UInt8] = []
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let group = rest.prefix(3)
            rest = rest.dropFirst(3)
            let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for index in 0..<4 {
                output.append(
                    index <= group.count ? alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "="))
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// `nil` for anything but canonical base64.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let input = Array(text.utf8)
        guard input.count.isMultiple(of: 4) else { return nil }
        var output: [UInt8] = []
        for start in stride(from: 0, to: input.count, by: 4) {
            let group = input[start..<start + 4]
            let digits = group.prefix { $0 != UInt8(ascii: "=") }
            guard digits.count >= 2, group.dropFirst(digits.count).allSatisfy({ $0 == UInt8(ascii: "=") }) else {
                return nil
            }
            var bits: UInt32 = 0
            for digit in digits {
                guard let value = alphabet.firstIndex(of: digit) else { return nil }
                bits = bits << 6 | UInt32(value)
            }
            bits <<= UInt32(6 * (4 - digits.count))
            for index in 0..<digits.count - 1 { output.append(UInt8(bits >> UInt32(16 - 8 * index) & 255)) }
        }
        return encode(output) == String(text) ? output : nil
    }
}
