import Testing

@testable import Nostr

@Suite("Events that are refused")
struct EventRefusalTests {
    private func error(_ bytes: [UInt8]) -> String? {
        withExactCopy(bytes) { buffer in
            do throws(EventError) {
                _ = try Event.parse(buffer)
                return nil
            } catch {
                guard case .malformed(let reason) = error else { return "unexpected \(error)" }
                return reason
            }
        }
    }

    private func error(_ text: EventText) -> String? { error(Array(text.text.utf8)) }
    private func error(_ text: String) -> String? { error(Array(text.utf8)) }

    private let fields = ["id", "pubkey", "created_at", "kind", "tags", "content", "sig"]

    @Test("The event these tests start from is good")
    func control() {
        #expect(error(EventText()) == nil)
    }

    @Test("Each field must be there")
    func missing() {
        for field in fields {
            #expect(error(EventText().without(field))?.hasPrefix("the event has no \"\(field)\" at byte") == true)
        }
        #expect(error("{}") == "the event has no \"id\" at byte 1")
    }

    @Test("No field may be there twice, not even with the same value, not even spelt differently")
    func repeated() {
        for field in fields {
            let text = EventText()
            let repeated = error(text.adding(field, text.value(of: field)))
            #expect(repeated?.hasPrefix("the event has \"\(field)\" twice") == true)
        }
        #expect(error(EventText().adding(#"\u006bind"#, "1"))?.hasPrefix("the event has \"kind\" twice") == true)
    }

    @Test("No other field may be there", arguments: ["Id", "ID", "", "ots", "seen_on", "kinds", "created-at", "sig "])
    func unknown(field: String) {
        #expect(error(EventText().adding(field, "1"))?.hasPrefix("the event has an unknown field \"\(field)\"") == true)
    }

    @Test("A long unknown name is not sent back whole, and control characters not at all")
    func unknownExcerpt() {
        let long = String(repeating: "x", count: 100_000)
        #expect(error(EventText().adding(long, "1"))?.utf8.count ?? 0 < 100)
        #expect(error(EventText().adding(#"a\u0007"#, "1"))?.contains("\u{7}") == false)
    }

    @Test("Each field must have its type")
    func types() {
        let values = [
            "null", "true", "0", "1.5", "\"x\"", "[]", "{}", "[\"x\"]", "[[1]]", "[[\"x\",null]]", "[{}]", "[[[]]]",
        ]
        let good: [String: Set<String>] = [
            "created_at": ["0"], "kind": ["0"], "tags": ["[]"], "content": ["\"x\""],
        ]
        for field in fields {
            for value in values {
                let isGood = good[field]?.contains(value) == true
                #expect((error(EventText().replacing(field, value)) == nil) == isGood, "\(field): \(value)")
            }
        }
    }

    @Test("Times and kinds are whole numbers in plain digits, in their range")
    func numbers() {
        let both = [
            "-1", "-0", "+1", "01", "00", "1.0", "1e3", "1E3", "0.5", "1.", "\"1\"", "", "0x1", "18446744073709551616",
        ]
        for value in both {
            #expect(error(EventText().replacing("created_at", value)) != nil, "created_at: \(value)")
            #expect(error(EventText().replacing("kind", value)) != nil, "kind: \(value)")
        }
        #expect(error(EventText().replacing("kind", "65535")) == nil)
        #expect(error(EventText().replacing("kind", "65536"))?.hasPrefix("number larger than 65535") == true)
        #expect(error(EventText().replacing("created_at", "9007199254740991")) == nil)
        #expect(error(EventText().replacing("created_at", "9007199254740992")) != nil)
    }

    @Test("Id, key and signature are lower-case hex of their exact length")
    func hex() {
        for (field, digits) in [("id", 64), ("pubkey", 64), ("sig", 128)] {
            let good = String(repeating: "a", count: digits)
            let expected = "\"\(field)\" must be \(digits) lower-case hex digits"
            #expect(error(EventText().replacing(field, "\"\(good)\"")) == nil)
            let bad: [String] = [
                good.uppercased(), String(good.dropLast()), "\(good)a", String(good.dropLast(2)), "\(good)aa", "",
                "g\(good.dropFirst())", "\(good.dropLast())G", " \(good.dropFirst())", "0x\(good.dropFirst(2))",
                "\(good.dropLast())A", String(repeating: "é", count: digits / 2), "\\u0061\(good.dropFirst())",
                "\\u0061\(good.dropFirst(6))", "\(good.dropLast(2))\\n",
            ]
            for bad in bad {
                #expect(
                    error(EventText().replacing(field, "\"\(bad)\""))?.hasPrefix(expected) == true, "\(field): \(bad)")
            }
        }
    }

    @Test("Strings must be valid: UTF-8, escapes, surrogates, control characters")
    func strings() throws {
        let bad: [[UInt8]] = [
            [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x80], [0xff],
            Array(#"\ud800"#.utf8), Array(#"\udc00"#.utf8), Array(#"\ud800\ud800"#.utf8), Array(#"\x"#.utf8), [0x0a],
            [0x00], [0x1f], [0x09],
        ]
        for bytes in bad {
            for (field, before, after) in [
                ("content", "\"", "\""), ("tags", "[[\"", "\"]]"), ("tags", "[[\"a\",\"", "\"]]"),
            ] {
                let text = EventText().replacing(field, "\(before)%\(after)").text
                let parts = text.split(separator: "%").map { Array($0.utf8) }
                try #require(parts.count == 2)
                #expect(error(parts[0] + bytes + parts[1]) != nil, "\(bytes) in \(field)")
                #expect(error(parts[0] + [0x61] + parts[1]) == nil)
            }
        }
    }

    @Test("Nothing may follow, and nothing else than an object may be there")
    func surroundings() {
        let text = EventText().text
        for bad in [
            text + "x", text + ",", text + text, text + "\u{0}", "[" + text + "]", "x" + text, "\u{feff}" + text,
        ] {
            #expect(error(bad) != nil)
        }
        for bad in ["", " ", "null", "[]", "\"\"", "1", "{", "}", "{}", "{\"id\"", "{\"id\":"] {
            #expect(error(bad) != nil)
        }
    }

    @Test("Tags and their elements are counted")
    func limits() {
        func tags(_ count: Int, of elements: Int) -> String {
            let tag = "[" + [String](repeating: "\"\"", count: elements).joined(separator: ",") + "]"
            return "[" + [String](repeating: tag, count: count).joined(separator: ",") + "]"
        }
        let most = EventLimits.maximumTags
        #expect(error(EventText().replacing("tags", tags(most, of: 1))) == nil)
        #expect(
            error(EventText().replacing("tags", tags(most + 1, of: 0)))?.hasPrefix("the event has more than 2000 tags")
                == true)
        let elements = EventLimits.maximumTagElements
        #expect(error(EventText().replacing("tags", tags(1, of: elements))) == nil)
        #expect(
            error(EventText().replacing("tags", tags(1, of: elements + 1)))?.contains("more than 10000 elements")
                == true)
    }

    @Test("Deep nesting ends early, wherever it is tried")
    func depthBombs() {
        let bomb = String(repeating: "[", count: 1_000_000)
        #expect(error(bomb) != nil)
        for field in fields { #expect(error(EventText().replacing(field, bomb)) != nil) }
        #expect(error(EventText().adding("x", bomb)) != nil)
    }

    @Test("An event of more bytes than can be addressed is refused")
    func size() {
        let content = String(repeating: "a", count: EventLimits.maximumBytes)
        #expect(
            error(EventText().replacing("content", "\"\(content)\""))?.hasPrefix("the event is larger than") == true)
    }
}
