import Testing

@testable import Nostr

@Suite("JSON writer")
struct JSONWriterTests {
    private func written(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        body(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test("Commas and colons come by themselves")
    func structure() {
        let text = written { json in
            json.beginObject()
            json.key("a")
            json.beginArray()
            json.number(1)
            json.number(Int64.min)
            json.number(UInt64.max)
            json.string("x")
            json.bool(true)
            json.null()
            json.beginArray()
            json.endArray()
            json.beginObject()
            json.endObject()
            json.raw("{}")
            json.endArray()
            json.key(Text("b"))
            json.beginObject()
            json.key("é\n" as String)
            json.hex(Bytes32.zero)
            json.endObject()
            json.key("c")
            json.bool(false)
            json.endObject()
        }
        let zeros = String(repeating: "0", count: 64)
        #expect(
            text == "{\"a\":[1,-9223372036854775808,18446744073709551615,\"x\",true,null,[],{},{}],"
                + "\"b\":{\"é\\n\":\"\(zeros)\"},\"c\":false}")
    }

    @Test("Strings are escaped as NIP-01 has it, other control characters as \\u00xx")
    func escaping() throws {
        for code in UInt8(0)...0x7f {
            let text = written { $0.string(Text(validUTF8: [0x61, code, 0x62])) }
            let expected =
                switch code {
                case 0x0a: "\\n"
                case 0x22: "\\\""
                case 0x5c: "\\\\"
                case 0x0d: "\\r"
                case 0x09: "\\t"
                case 0x08: "\\b"
                case 0x0c: "\\f"
                case 0..<0x20: "\\u00" + Hex.encode([code])
                default: String(UnicodeScalar(code))
                }
            #expect(text == "\"a\(expected)b\"", "character \(code)")
        }
        let beyond = "é\u{2028}\u{2029}🙂\u{10ffff}\u{7f}/"
        #expect(written { $0.string(beyond) } == "\"\(beyond)\"")
    }

    @Test("What is written can be read: strings of every length with escapes at every place")
    func readBack() throws {
        for length in 0..<24 {
            for place in 0...length {
                var utf8 = [UInt8](repeating: 0x61, count: length)
                utf8.insert(contentsOf: [0x22, 0x01, 0xc3, 0xa9, 0x5c], at: place)
                var writer = JSONWriter()
                writer.string(Text(validUTF8: utf8))
                #expect(try reading(writer.bytes) { try $0.text() } == Text(validUTF8: utf8))
            }
        }
    }

    @Test("It goes on where other bytes end")
    func appending() {
        var writer = JSONWriter(appendingTo: Array("x=".utf8))
        writer.number(5)
        #expect(writer.bytes == Array("x=5".utf8))
    }
}
