import Nostr
import Testing

@testable import Reducers

@Suite struct ReportReaderTests {
    /// Unicode's White_Space property, all of it.
    static let whiteSpace: [UInt32] =
        Array(0x09...0x0d) + [0x20, 0x85, 0xa0, 0x1680] + Array(0x2000...0x200a) + [
            0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
        ]

    /// What looks like nothing and is no white space: zero-width space, word joiner, byte order mark, Mongolian vowel
    /// separator, zero-width joiner, soft hyphen, NUL.
    static let nothing: [UInt32] = [0x200b, 0x2060, 0xfeff, 0x180e, 0x200d, 0xad, 0x00]

    private func string(_ scalar: UInt32) throws -> String { String(Character(try #require(Unicode.Scalar(scalar)))) }

    @Test(arguments: whiteSpace)
    func whiteSpaceIsTrimmedAtBothEndsAndNowhereElse(scalar: UInt32) throws {
        let space = try string(scalar)
        #expect(Text("\(space)\(space)a\(space)b\(space)").trimmingWhiteSpace() == Text("a\(space)b"))
        #expect(Text("\(space)").trimmingWhiteSpace().isEmpty)
        let value = JSONValue.string(Text("\(space)\t\(space)"))
        #expect(try ReportReader.string(value, limit: 64) == nil, "a blank string does not count")
    }

    @Test(arguments: nothing)
    func whatIsNoWhiteSpaceStays(scalar: UInt32) throws {
        let text = Text(try string(scalar) + "a" + string(scalar))
        #expect(text.trimmingWhiteSpace() == text)
    }

    @Test func trimmingLooksAtScalarsNotAtCharacters() {
        // To Swift "\r\n" is one character, and so is a space with an accent on it.
        #expect(Text("\r\na\r\n").trimmingWhiteSpace() == "a")
        #expect(Text(" \u{301}a").trimmingWhiteSpace() == "\u{301}a")
    }

    @Test func theLimitIsAppliedToWhatIsUsed() throws {
        let padded = JSONValue.string(Text("   \(String(repeating: "x", count: 64))   "))
        #expect(try ReportReader.string(padded, limit: 64)?.utf8.count == 64)
        #expect(throws: Refusal.reportLimit("has a string of 64 bytes (at most 63)")) {
            try ReportReader.string(padded, limit: 63)
        }
    }

    @Test(arguments: [JSONValue.null, .bool(true), .number("1"), .array([.string("a")])])
    func onlyStringsCount(value: JSONValue) throws {
        #expect(try ReportReader.string(value, limit: 64) == nil)
    }

    @Test(arguments: ["0", "-1", "24.0", "1e400", "17.179869184"])
    func aNumberKeepsItsText(text: String) throws {
        #expect(try ReportReader.number(try JSONValue.parse(Array(text.utf8))) == Text(text))
    }

    @Test(arguments: ["\"24\"", "null", "true", "[24]", "{}"])
    func whatIsNoNumberDoesNotCount(text: String) throws {
        #expect(try ReportReader.number(try JSONValue.parse(Array(text.utf8))) == nil)
    }
}
