extension JSONReader {
    /// Reads a string and checks all of it: valid UTF-8, no raw control characters, only JSON's escapes, and no half
    /// of a surrogate pair.
    public mutating func string() throws(JSONError) -> JSONString {
        skipWhiteSpace()
        guard current == JSONEscape.quote else { throw expected("a string") }
        let start = position &+ 1
        var offset = start
        var hasEscapes = false
        var isCanonical = true
        var hasControlCharacters = false
        while true {
            offset = WordScan.firstSpecial(bytes, from: offset, stopAtNonASCII: true)
            guard offset < bytes.count else {
                throw JSONError(offset: offset, reason: "expected '\"', found the end")
            }
            let byte = bytes[offset]
            if byte == JSONEscape.quote { break }
            if byte >= 0x80 {
                repeat {
                    offset = try endOfMultibyteCharacter(at: offset)
                } while offset < bytes.count && bytes[offset] >= 0x80
            } else if byte == JSONEscape.backslash {
                hasEscapes = true
                let letter = offset &+ 1 < bytes.count ? bytes[offset &+ 1] : 0
                if letter == 0x75 {
                    isCanonical = false
                    let end = try endOfUnicodeEscape(at: offset, &hasControlCharacters)
                    offset = end
                } else {
                    guard JSONEscape.character(forShort: letter) != nil else {
                        throw JSONError(offset: offset, reason: "unknown escape")
                    }
                    if letter == 0x2f { isCanonical = false }
                    offset &+= 2
                }
            } else {
                throw JSONError(offset: offset, reason: "control character that is not escaped")
            }
        }
        position = offset &+ 1
        return JSONString(
            range: start..<offset, hasEscapes: hasEscapes, isCanonical: isCanonical,
            hasControlCharacters: hasControlCharacters)
    }

    /// Goes past a string if there is a quote `count` bytes behind the opening one, without looking at what is between.
    /// Returns where it begins; `nil`, and stays where it is, if there is none.
    @inline(__always)
    mutating func skipString(of count: Int) -> Int? {
        skipWhiteSpace()
        let start = position &+ 1
        guard start &+ count < bytes.count, current == JSONEscape.quote, bytes[start &+ count] == JSONEscape.quote
        else { return nil }
        position = start &+ count &+ 1
        return start
    }

    /// Reads a string and resolves its escapes.
    public mutating func text() throws(JSONError) -> Text {
        try string().text(from: bytes)
    }

    /// The offset behind the `\uXXXX`, or the surrogate pair of them, at `offset`.
    private func endOfUnicodeEscape(at offset: Int, _ isControl: inout Bool) throws(JSONError) -> Int {
        guard let unit = JSONEscape.codeUnit(bytes, at: offset &+ 2) else {
            throw JSONError(offset: offset, reason: "expected four hex digits after \\u")
        }
        switch unit {
        case 0xd800..<0xdc00:
            guard offset &+ 7 < bytes.count, bytes[offset &+ 6] == JSONEscape.backslash, bytes[offset &+ 7] == 0x75,
                let low = JSONEscape.codeUnit(bytes, at: offset &+ 8), low & 0xfc00 == 0xdc00
            else { throw JSONError(offset: offset, reason: "half of a surrogate pair") }
            return offset &+ 12
        case 0xdc00..<0xe000:
            throw JSONError(offset: offset, reason: "half of a surrogate pair")
        case 0..<0x20:
            if JSONEscape.shortLetter(for: UInt8(unit)) == nil { isControl = true }
        default: break
        }
        return offset &+ 6
    }

    /// The offset behind the UTF-8 sequence (RFC 3629, section 4) whose first byte, above 0x7f, is at `offset`.
    @inline(__always)
    private func endOfMultibyteCharacter(at offset: Int) throws(JSONError) -> Int {
        let first = bytes[offset]
        let count: Int
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch first {
        case 0xc2...0xdf: count = 2
        case 0xe0: (count, second) = (3, 0xa0...0xbf)
        case 0xed: (count, second) = (3, 0x80...0x9f)
        case 0xe1...0xef: count = 3
        case 0xf0: (count, second) = (4, 0x90...0xbf)
        case 0xf4: (count, second) = (4, 0x80...0x8f)
        case 0xf1...0xf3: count = 4
        default: throw JSONError(offset: offset, reason: "invalid UTF-8")
        }
        guard offset <= bytes.count &- count, second.contains(bytes[offset &+ 1]) else {
            throw JSONError(offset: offset, reason: "invalid UTF-8")
        }
        for index in (offset &+ 2)..<max(offset &+ count, offset &+ 2) where bytes[index] & 0xc0 != 0x80 {
            throw JSONError(offset: offset, reason: "invalid UTF-8")
        }
        return offset &+ count
    }
}
