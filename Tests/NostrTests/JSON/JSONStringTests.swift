import Testing

@testable import Nostr

@Suite("JSON strings")
struct JSONStringTests {
    private func read(_ bytes: [UInt8]) throws -> (text: Text, string: JSONString) {
        try reading([0x22] + bytes + [0x22]) { reader in
            let string = try reader.string()
            try reader.finish()
            return (string.text(from: reader.bytes), string)
        }
    }

    private func error(_ bytes: [UInt8]) -> JSONError? {
        jsonError([0x22] + bytes + [0x22]) { reader in
            _ = try reader.string()
            try reader.finish()
        }
    }

    @Test(
        "Escapes are resolved",
        arguments: [
            (#"\""#, "\""), (#"\\"#, "\\"), (#"\/"#, "/"), (#"\b\f\n\r\t"#, "\u{8}\u{c}\n\r\t"), (#"\u0041"#, "A"),
            (#"\u0000"#, "\u{0}"), (#"\u00e9\u00E9"#, "éé"), (#"\u20ac"#, "€"), (#"\uD83D\uDE42"#, "🙂"),
            (#"\ud800\udc00"#, "\u{10000}"), (#"\udbff\udfff"#, "\u{10ffff}"), (#"\uffff"#, "\u{ffff}"),
            (#"a\\nb"#, "a\\nb"), (#"é\né"#, "é\né"), (#"\u005c\u0022"#, "\\\""),
            (#"\ud7ff\ue000"#, "\u{d7ff}\u{e000}"),
        ])
    func escapes(json: String, text: String) throws {
        let read = try read(Array(json.utf8))
        #expect(read.text == Text(text))
        #expect(read.string.hasEscapes)
    }

    @Test("What has no escapes says so, and is its bytes")
    func plain() throws {
        let text = "plain é 🙂 \u{7f} \u{2028} /"
        let read = try read(Array(text.utf8))
        #expect(!read.string.hasEscapes)
        #expect(read.text == Text(text))
    }

    @Test(
        "Bad escapes are refused",
        arguments: [
            #"\"#, #"\a"#, #"\'"#, #"\0"#, #"\x41"#, #"\U0041"#, #"\N"#, #"\u"#, #"\u1"#, #"\u12"#, #"\u123"#,
            #"\u123g"#, #"\u-123"#, #"\u 123"#, #"\u+123"#, #"\u{41}"#, "\\\n", "\\é", "\\u00é1",
        ])
    func badEscapes(json: String) {
        #expect(error(Array(json.utf8)) != nil)
    }

    @Test(
        "Half a surrogate pair is refused",
        arguments: [
            #"\ud83d"#, #"\ude42"#, #"\ud83d\ud83d"#, #"\ude42\ud83d"#, #"\ud83dx"#, #"\ud83d\n"#, #"\ud83d\u0041"#,
            #"\ud83d\u"#, #"\ud83d\ude4"#, #"\ud83dude42"#, #"\udfff"#, #"\ud800"#, #"\udbff\ue000"#, #"\ud83d\\ude42"#,
        ])
    func loneSurrogates(json: String) {
        #expect(error(Array(json.utf8))?.reason == "half of a surrogate pair")
    }

    @Test("Every raw control character is refused, and no other ASCII character but quote and backslash")
    func controlCharacters() {
        for byte in UInt8(0)...0x7f where byte != 0x22 && byte != 0x5c {
            let found = error(Array("ab".utf8) + [byte])
            let expected = JSONError(offset: 3, reason: "control character that is not escaped")
            #expect(found == (byte < 0x20 ? expected : nil), "byte \(byte)")
        }
    }

    @Test("A special byte is seen wherever it stands", arguments: 0..<40)
    func positions(offset: Int) throws {
        let before = [UInt8](repeating: 0x61, count: offset)
        let after = [UInt8](repeating: 0x62, count: 20)
        #expect(error(before + [0x01] + after)?.offset == offset + 1)
        #expect(error(before + [0xff] + after)?.offset == offset + 1)
        let escaped = try read(before + [0x5c, 0x6e] + after)
        #expect(escaped.text == Text(validUTF8: before + [0x0a] + after))
        // After a quote that ends the string a borrow must not invent a mark, nor hide one.
        #expect(error(before + [0x22] + after)?.reason == "unexpected text after the end")
        #expect(try read(before + Array("!#[]\u{7f} ".utf8) + after).text.utf8.count == offset + 26)
    }

    @Test(
        "Strings that do not end are refused",
        arguments: [
            "\"", "\"a", "\"\\\"", "\"\\", "\"\\u", "\"\\u0", "\"\\ud83d", "\"\\ud83d\\", "\"\\ud83d\\ude4", "\"é",
        ])
    func unterminated(text: String) {
        #expect(valueError(text) != nil)
    }

    @Test(
        "Bad UTF-8 is refused",
        arguments: [
            // lone continuation bytes, and bytes that never occur
            [0x80], [0xbf], [0xfe], [0xff], [0xf8, 0x88, 0x80, 0x80, 0x80],
            // overlong
            [0xc0, 0x80], [0xc0, 0xaf], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf], [0xf0, 0x80, 0x80, 0x80],
            [0xf0, 0x8f, 0xbf, 0xbf],
            // surrogates, as CESU-8 writes them too
            [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xed, 0xa0, 0xbd, 0xed, 0xb9, 0x82],
            // beyond U+10FFFF
            [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xf7, 0xbf, 0xbf, 0xbf],
            // cut off by the closing quote or by another character
            [0xc3], [0xe2, 0x82], [0xe2], [0xf0, 0x9f, 0x99], [0xf0, 0x9f], [0xf0], [0xc3, 0x41], [0xe2, 0x82, 0x41],
            [0xe2, 0x41, 0x82], [0xf0, 0x9f, 0x99, 0x41], [0xf0, 0x41, 0x99, 0x82], [0xc3, 0xc3, 0xa9],
            [0xc3, 0xa9, 0xa9],
        ] as [[UInt8]])
    func badUTF8(bytes: [UInt8]) {
        for offset in 0..<9 {
            let before = [UInt8](repeating: 0x61, count: offset)
            #expect(error(before + bytes)?.reason == "invalid UTF-8")
            #expect(error(before + bytes + [UInt8](repeating: 0x61, count: 12)) != nil)
        }
    }

    @Test("UTF-8 is judged as Swift's own validation judges it")
    func agreesWithSwift() {
        // The bytes at which the rules of RFC 3629 change, in all sequences of up to four.
        let edges: [UInt8] = [
            0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1,
            0xf3, 0xf4, 0xf5,
        ]
        var sequences: [[UInt8]] = [[]]
        for _ in 0..<4 {
            sequences = sequences.flatMap { start in edges.map { start + [$0] } }
            for sequence in sequences
            where (error(sequence) == nil) != (String(validating: sequence, as: UTF8.self) != nil) {
                Issue.record("\(sequence)")
            }
        }
    }

    @Test("Names are compared with their escapes resolved")
    func comparison() throws {
        for (json, same) in [
            ("kind", true), (#"\u006bin\u0064"#, true), ("Kind", false), ("kin", false), ("kinds", false),
        ] {
            try reading("\"\(json)\"") { reader in
                let string = try reader.string()
                #expect(string.equals("kind", in: reader.bytes) == same)
            }
        }
    }
}
