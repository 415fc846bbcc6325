import Testing

@testable import Nostr

@Suite("JSON values")
struct JSONValueTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue.parse(Array(text.utf8)) }

    @Test("Each kind is found by its accessor and by no other")
    func accessors() throws {
        let value = try parse(#"{"n":null,"b":true,"u":7,"i":-7,"f":1.50,"s":"é\n","a":[1],"o":{"x":"y"}}"#)
        #expect(value["n"]?.isNull == true)
        #expect(value["b"]?.boolValue == true)
        #expect(value["u"]?.unsignedInteger == 7)
        #expect(value["u"]?.integer == 7)
        #expect(value["i"]?.unsignedInteger == nil)
        #expect(value["i"]?.integer == -7)
        #expect(value["f"]?.numberText == "1.50")
        #expect(value["f"]?.unsignedInteger == nil)
        #expect(value["f"]?.integer == nil)
        #expect(value["s"]?.stringValue == "é\n")
        #expect(value["a"]?.arrayValue == [.number("1")])
        #expect(value["o"]?["x"]?.stringValue == "y")
        #expect(value["x"] == nil)
        #expect(value["s"]?["x"] == nil)
        #expect(value["u"]?.stringValue == nil)
        #expect(value["s"]?.numberText == nil)
        #expect(value["b"]?.isNull == false)
        #expect(value.objectValue?.members.map(\.key) == ["n", "b", "u", "i", "f", "s", "a", "o"])
    }

    @Test("A key that occurs twice is refused, however it is spelt and however deep it is")
    func repeatedKeys() {
        for text in [#"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"[{"x":{"a":1,"b":2,"a":3}}]"#] {
            #expect(throws: JSONError.self) { try parse(text) }
        }
        let error = #expect(throws: JSONError.self) { try parse(#"{"abc":1,"abc":1}"#) }
        #expect(error?.description == "key \"abc\" occurs twice at byte 10")
    }

    @Test("Keys that only look alike are different keys")
    func similarKeys() throws {
        let object = try parse("{\"\u{e9}\":1,\"e\u{301}\":2}").objectValue
        #expect(object?["\u{e9}"]?.unsignedInteger == 1)
        #expect(object?["e\u{301}"]?.unsignedInteger == 2)
    }

    @Test("An object with very many keys is read fast, found by each, and still has no key twice")
    func manyKeys() throws {
        let members = (0..<20_000).map { "\"k\($0)\":\($0)" }
        let object = try #require(try parse("{" + members.joined(separator: ",") + "}").objectValue)
        #expect(object.count == 20_000)
        #expect((0..<20_000).allSatisfy { object[Text("k\($0)")]?.unsignedInteger == UInt64($0) })
        #expect(throws: JSONError.self) { try parse("{" + (members + ["\"k5\":0"]).joined(separator: ",") + "}") }
        #expect(throws: JSONError.self) {
            try parse("{" + (members.prefix(16) + ["\"k15\":0"]).joined(separator: ",") + "}")
        }
    }

    @Test("What is read is written again: order, numbers and all")
    func roundTrip() throws {
        let text = #"{"b":[1.50,-0,1E400,{"a":null}],"a":"\"\\\n\u0001é🙂/","c":{},"d":[],"e":true,"f":false}"#
        var writer = JSONWriter()
        writer.value(try parse(text))
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
    }

    @Test("Nesting is bounded")
    func depth() {
        #expect(throws: JSONError.self) { try parse(String(repeating: "[", count: 100_000)) }
        #expect(throws: JSONError.self) { try JSONValue.parse(Array("[[1]]".utf8), maximumDepth: 1) }
        #expect(throws: Never.self) { try JSONValue.parse(Array("[[1]]".utf8), maximumDepth: 2) }
    }

    @Test("Every truncation is refused")
    func truncations() {
        let text = Array(#"{"b":[1.5e3,-0,{"a":null}],"a":"\"\\\n\u0001\ud83d\ude42é","c":{},"e":true,"f":false}"#.utf8)
        for count in text.indices {
            withExactCopy(Array(text[..<count])) { bytes in
                _ = #expect(throws: JSONError.self, "first \(count) bytes") { try JSONValue.parse(bytes) }
            }
        }
    }
}
