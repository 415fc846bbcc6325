/// Bech32 (BIP-173, not the later bech32m): how NIP-19 spells keys for people.
enum Bech32 {
    /// Why a text is not bech32.
    enum Failure: Error {
        /// It has not the form of one: no separator, mixed case, other letters, wrong length.
        case notBech32
        /// It has the form, but its checksum does not match.
        case wrongChecksum
    }

    /// BIP-173's longest text. NIP-19 allows more for its lists of relays, which we do not read.
    static let maximumLength = 90

    private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
    private static let checksumCount = 6

    /// The text for `bytes` under `prefix` (lower-case ASCII letters).
    static func encode(_ prefix: String, _ bytes: [UInt8]) -> String {
        let letters = Array(prefix.utf8)
        let values = regroup(bytes, from: 8, to: 5, padding: true) ?? []
        let padded = expand(letters) + values + [UInt8](repeating: 0, count: checksumCount)
        let checksum = polymod(padded) ^ 1
        let checksumValues = (0..<checksumCount).map { UInt8(checksum >> (5 * (5 - UInt32($0))) & 31) }
        return prefix + "1" + String(decoding: (values + checksumValues).map { alphabet[Int($0)] }, as: UTF8.self)
    }

    /// The prefix, in lower case, and the bytes of `text`.
    static func decode(_ text: String) -> Result<(prefix: String, bytes: [UInt8]), Failure> {
        let source = Array(text.utf8)
        let lower = source.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
        let hasLower = source.contains { (0x61...0x7a).contains($0) }
        guard source.count <= maximumLength, lower == source || !hasLower,
            let separator = lower.lastIndex(of: 0x31), separator >= 1,
            lower.count - separator > checksumCount,
            lower[..<separator].allSatisfy({ (0x21...0x7e).contains($0) })
        else { return .failure(.notBech32) }
        var values: [UInt8] = []
        for letter in lower[(separator + 1)...] {
            guard let value = alphabet.firstIndex(of: letter) else { return .failure(.notBech32) }
            values.append(UInt8(value))
        }
        guard polymod(expand(Array(lower[..<separator])) + values) == 1 else { return .failure(.wrongChecksum) }
        guard let bytes = regroup(values.dropLast(checksumCount), from: 5, to: 8, padding: false) else {
            return .failure(.notBech32)
        }
        return .success((String(decoding: lower[..<separator], as: UTF8.self), bytes))
    }

    private static func expand(_ prefix: [UInt8]) -> [UInt8] {
        prefix.map { $0 >> 5 } + [0] + prefix.map { $0 & 31 }
    }

    /// BIP-173's checksum polynomial.
    private static func polymod(_ values: [UInt8]) -> UInt32 {
        let generator: [UInt32] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
        var checksum: UInt32 = 1
        for value in values {
            let top = checksum >> 25
            checksum = (checksum & 0x1ff_ffff) << 5 ^ UInt32(value)
            for index in 0..<5 where top >> UInt32(index) & 1 == 1 { checksum ^= generator[index] }
        }
        return checksum
    }

    /// Cuts a sequence of `from`-bit groups into `to`-bit groups; `nil` when bits are left over that padding would not
    /// have made: 5 or more of them, or any that is not zero.
    private static func regroup(_ values: some Sequence<UInt8>, from: UInt32, to: UInt32, padding: Bool) -> [UInt8]? {
        var output: [UInt8] = []
        var accumulator: UInt32 = 0
        var bits: UInt32 = 0
        for value in values {
            accumulator = accumulator << from | UInt32(value)
            bits += from
            while bits >= to {
                bits -= to
                output.append(UInt8(accumulator >> bits & (1 << to - 1)))
            }
            accumulator &= 1 << bits - 1
        }
        if padding {
            if bits > 0 { output.append(UInt8(accumulator << (to - bits) & (1 << to - 1))) }
        } else if bits >= from || accumulator != 0 {
            return nil
        }
        return output
    }
}
