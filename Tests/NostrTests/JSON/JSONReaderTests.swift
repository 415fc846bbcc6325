import Testing

@testable import Nostr

@Suite("JSON reader")
struct JSONReaderTests {
    @Test(
        "Good JSON is read",
        arguments: [
            "null", "true", "false", "0", "-0", "1.5e-7", "\"\"", "[]", "{}", "[[]]", "{\"\":{}}", " [ 1 , 2 ] ",
            "\t{\r\n\"a\" : [ { } , [ ] , null ] , \"b\":-1 }\n", "[1,[2,[3]],{\"a\":{\"b\":[]}}]", "\"\\u0000\"",
            "{\"a\":1,\"a\":2}",
        ])
    func good(text: String) {
        #expect(valueError(text) == nil)
    }

    @Test(
        "Anything else is refused, with the place",
        arguments: [
            ("", 0, "expected a value, found the end"), (" ", 1, "expected a value, found the end"),
            ("[", 1, "expected a value or ']', found the end"), ("]", 0, "expected a value"),
            ("[1", 2, "expected ',' or ']', found the end"), ("[1,", 3, "expected a value, found the end"),
            ("[1,]", 3, "expected a value"), ("[,1]", 1, "expected a value"), ("[1,,2]", 3, "expected a value"),
            ("[1 2]", 3, "expected ',' or ']'"), ("[1}", 2, "expected ',' or ']'"), ("[}", 1, "expected a value"),
            ("{", 1, "expected a key or '}', found the end"), ("{]", 1, "expected a key"),
            ("{1:2}", 1, "expected a key"), ("{\"a\"}", 4, "expected ':'"),
            ("{\"a\"", 4, "expected ':', found the end"),
            ("{\"a\":}", 5, "expected a value"), ("{\"a\":1", 6, "expected ',' or '}', found the end"),
            ("{\"a\":1]", 6, "expected ',' or '}'"), ("{\"a\":1,}", 7, "expected a key"),
            ("{,\"a\":1}", 1, "expected a key"), ("{\"a\":1 \"b\":2}", 7, "expected ',' or '}'"),
            ("{\"a\"::1}", 5, "expected a value"), ("[1:2]", 2, "expected ',' or ']'"),
            ("nul", 0, "expected null"), ("nulL", 0, "expected null"), ("True", 0, "expected a value"),
            ("tru", 0, "expected true or false"), ("fals", 0, "expected true or false"), ("NaN", 0, "expected a value"),
            ("Infinity", 0, "expected a value"), ("'a'", 0, "expected a value"), ("a", 0, "expected a value"),
            ("1 2", 2, "unexpected text after the end"), ("{}x", 2, "unexpected text after the end"),
            ("[]]", 2, "unexpected text after the end"), ("nullnull", 4, "unexpected text after the end"),
            ("// x\n1", 0, "expected a value"), ("[1/**/]", 2, "expected ',' or ']'"),
            ("\u{feff}1", 0, "expected a value"), ("\u{a0}1", 0, "expected a value"), ("\u{b}1", 0, "expected a value"),
            ("[\u{0}]", 1, "expected a value"), ("1\u{0}", 1, "unexpected text after the end"),
        ])
    func bad(text: String, offset: Int, reason: String) {
        #expect(valueError(text) == JSONError(offset: offset, reason: reason))
    }

    @Test("An error says what and where")
    func description() {
        #expect(valueError("{\"a\":1]")?.description == "expected ',' or '}' at byte 6")
    }

    @Test("Nesting is bounded: the limit is read, one more is refused, a million do no harm")
    func depth() {
        let limit = JSONReader.defaultMaximumDepth
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(valueError(nested(limit)) == nil)
        #expect(valueError(nested(limit + 1)) == JSONError(offset: limit, reason: "nested deeper than 64 levels"))
        #expect(valueError(String(repeating: "[", count: 1_000_000))?.offset == limit)
        #expect(valueError(String(repeating: "{\"a\":", count: 100_000))?.offset == limit * 5)
        // What is closed again does not count.
        #expect(valueError("[" + [String](repeating: nested(limit - 1), count: 3).joined(separator: ",") + "]") == nil)
    }

    @Test("Objects and arrays are walked in order, over values of every kind")
    func walk() throws {
        let text = #" { "a" : [ 1 , "x" , { "b" : null } ] , "c" : true , "d" : { } , "e" : -5 , "f" : [ ] } "#
        try reading(text) { reader in
            #expect(try reader.peek() == .object)
            try reader.beginObject()
            #expect(try reader.nextKey()?.equals("a", in: reader.bytes) == true)
            #expect(try reader.peek() == .array)
            try reader.beginArray()
            #expect(try reader.nextElement())
            #expect(try reader.peek() == .number)
            #expect(try reader.unsignedInteger(max: 10) == 1)
            #expect(try reader.nextElement())
            #expect(try reader.peek() == .string)
            #expect(try reader.text() == "x")
            #expect(try reader.nextElement())
            try reader.beginObject()
            #expect(try reader.nextKey()?.text(from: reader.bytes) == "b")
            #expect(try reader.peek() == .null)
            try reader.null()
            #expect(try reader.nextKey() == nil)
            #expect(try !reader.nextElement())
            #expect(try reader.nextKey()?.equals("c", in: reader.bytes) == true)
            #expect(try reader.peek() == .true)
            #expect(try reader.boolean())
            #expect(try reader.nextKey() != nil)
            try reader.skipValue()
            #expect(try reader.nextKey() != nil)
            #expect(try reader.integer() == -5)
            #expect(try reader.nextKey() != nil)
            try reader.beginArray()
            #expect(try !reader.nextElement())
            #expect(try reader.nextKey() == nil)
            try reader.finish()
            #expect(reader.position == text.utf8.count)
        }
    }

    @Test("A skipped value's range is its text")
    func skippedRange() throws {
        let text = #"{"a": {"b":[1, "]"]} ,"c":0}"#
        let skipped = try reading(text) { reader in
            try reader.beginObject()
            _ = try reader.nextKey()
            return try reader.skipValue()
        }
        #expect(String(decoding: Array(text.utf8)[skipped], as: UTF8.self) == #"{"b":[1, "]"]}"#)
    }

    @Test("Asking for the wrong kind is an error, not a guess")
    func wrongKind() {
        #expect(jsonError(Array("1".utf8)) { _ = try $0.string() }?.reason == "expected a string")
        #expect(
            jsonError(Array("\"1\"".utf8)) { _ = try $0.unsignedInteger(max: 9) }?.reason == "expected a whole number")
        #expect(jsonError(Array("[]".utf8)) { try $0.beginObject() }?.reason == "expected an object")
        #expect(jsonError(Array("{}".utf8)) { try $0.beginArray() }?.reason == "expected an array")
        #expect(jsonError(Array("null".utf8)) { _ = try $0.boolean() }?.reason == "expected true or false")
        #expect(jsonError(Array("0".utf8)) { try $0.null() }?.reason == "expected null")
    }
}
