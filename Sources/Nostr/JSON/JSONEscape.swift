/// What becomes of control characters without a short escape (all below U+0020 except `\b \t \n \f \r`) when a string
/// is written.
///
/// NIP-01 names seven characters to be escaped in the serialisation that is hashed, and says that all others go in
/// verbatim. Most signers leave the escaping to a JSON library and hash `\u00xx`. Readers must expect both.
public enum ControlCharacters: Sendable {
    /// The character itself: NIP-01 to the letter. Not valid JSON, only ever hashed.
    case verbatim
    /// `\u00xx` with lower-case digits: what JSON libraries write, and the only form that may go on the wire.
    case escaped
}

/// Resolves and writes the escapes of JSON strings.
enum JSONEscape {
    static let backslash: UInt8 = 0x5c
    static let quote: UInt8 = 0x22

    /// The character behind a short escape's letter, or `nil`: `n` gives a line feed. `/` counts as short.
    @inline(__always)
    static func character(forShort letter: UInt8) -> UInt8? {
        switch letter {
        case quote, backslash, 0x2f: letter
        case 0x62: 0x08
        case 0x66: 0x0c
        case 0x6e: 0x0a
        case 0x72: 0x0d
        case 0x74: 0x09
        default: nil
        }
    }

    /// The letter of the short escape that NIP-01 prescribes for `character`, or `nil`.
    @inline(__always)
    static func shortLetter(for character: UInt8) -> UInt8? {
        switch character {
        case quote, backslash: character
        case 0x08: 0x62
        case 0x0c: 0x66
        case 0x0a: 0x6e
        case 0x0d: 0x72
        case 0x09: 0x74
        default: nil
        }
    }

    /// The number that four hex digits (either case) at `offset` spell, or `nil` when they are not there.
    static func codeUnit(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt32? {
        guard offset <= bytes.count &- 4 else { return nil }
        var value: UInt32 = 0
        for index in offset..<(offset &+ 4) {
            let byte = bytes[index]
            let lower = byte | 0x20
            let digit: UInt8
            switch lower {
            case 0x30...0x39 where byte == lower: digit = byte &- 0x30
            case 0x61...0x66: digit = lower &- 0x57
            default: return nil
            }
            value = value &<< 4 | UInt32(digit)
        }
        return value
    }

    /// Appends the string in `range`, which a `JSONReader` has validated, with its escapes resolved.
    static func appendDecoded(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, to output: inout [UInt8]) {
        var offset = range.lowerBound
        var runStart = offset
        func flush(to output: inout [UInt8]) {
            output.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[runStart..<offset]))
        }
        while offset < range.upperBound {
            guard bytes[offset] == backslash else {
                offset &+= 1
                continue
            }
            flush(to: &output)
            if let character = character(forShort: bytes[offset &+ 1]) {
                output.append(character)
                offset &+= 2
            } else {
                appendScalar(bytes, at: &offset, to: &output)
            }
            runStart = offset
        }
        flush(to: &output)
    }

    /// Appends the character of a validated `\uXXXX` or pair of them at `offset`, which is moved behind it.
    private static func appendScalar(_ bytes: UnsafeRawBufferPointer, at offset: inout Int, to output: inout [UInt8]) {
        var value = codeUnit(bytes, at: offset &+ 2) ?? 0xfffd
        offset &+= 6
        if value & 0xfc00 == 0xd800, let low = codeUnit(bytes, at: offset &+ 2) {
            value = 0x10000 &+ (value & 0x3ff) &<< 10 &+ (low & 0x3ff)
            offset &+= 6
        }
        output.append(contentsOf: UTF8.encode(Unicode.Scalar(value) ?? "\u{fffd}") ?? .encodedReplacementCharacter)
    }

    /// Appends valid UTF-8 escaped by NIP-01's rules, without quotes.
    static func append(
        _ utf8: UnsafeRawBufferPointer, controlCharacters: ControlCharacters, to output: inout [UInt8]
    ) {
        var runStart = 0
        var offset = 0
        func flush(to output: inout [UInt8]) {
            output.append(contentsOf: UnsafeRawBufferPointer(rebasing: utf8[runStart..<offset]))
        }
        while true {
            offset = WordScan.firstSpecial(utf8, from: offset, stopAtNonASCII: false)
            guard offset < utf8.count else { break }
            let byte = utf8[offset]
            if let letter = shortLetter(for: byte) {
                flush(to: &output)
                output.append(backslash)
                output.append(letter)
                runStart = offset &+ 1
            } else if case .escaped = controlCharacters {
                flush(to: &output)
                output.append(contentsOf: [backslash, 0x75, 0x30, 0x30])
                withUnsafeBytes(of: byte) { Hex.append($0, to: &output) }
                runStart = offset &+ 1
            }
            offset &+= 1
        }
        flush(to: &output)
    }
}
