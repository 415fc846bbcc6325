import Testing

@testable import Nostr

@Suite("Filters as clients write them")
struct FilterParsingTests {
    private let hex = Samples.alice.publicKey.hex

    @Test("Every field is read")
    func fields() throws {
        let other = Samples.bob.publicKey.hex
        let filter = try parseFilter(
            """
            {"ids":["\(hex)"],"authors":["\(hex)","\(other)"],"kinds":[1,30621],"#p":["\(hex)"],"#Z":["x","y\\n"],
             "since":5,"until":6,"limit":7}
            """)
        let expected = Filter(
            ids: [Samples.alice.publicKey], authors: [Samples.bob.publicKey, Samples.alice.publicKey],
            kinds: [.meshStatus, .textNote],
            tags: [
                TagCondition(letter: UInt8(ascii: "Z"), values: ["y\n", "x"]),
                TagCondition(letter: UInt8(ascii: "p"), values: [Text(hex)]),
            ],
            since: 5, until: 6, limit: 7)
        #expect(filter == expected)
        #expect(filter.tagValues(UInt8(ascii: "Z")) == ["x", "y\n"])
        #expect(filter.tagValues(UInt8(ascii: "z")) == nil)
    }

    @Test("The wire contract's own filters are read")
    func contract() throws {
        let discovery = try parseFilter(##"{"kinds":[30621],"#k":["sprout-mesh-status"],"limit":100}"##)
        #expect(discovery.kinds == [.meshStatus])
        #expect(discovery.limit == 100)
        let calls = try parseFilter("{\"kinds\":[24622],\"#p\":[\"\(hex)\"],\"limit\":0,\"since\":1699999995}")
        #expect(calls.limit == 0)
        #expect(calls.tagValues(UInt8(ascii: "p")) == [Text(hex)])
    }

    @Test("Absent is not the same as empty")
    func emptiness() throws {
        let none = try parseFilter("{}")
        #expect(none == Filter())
        #expect(none.ids == nil && none.authors == nil && none.kinds == nil && none.tags.isEmpty)
        let empty = try parseFilter(##"{"ids":[],"authors":[],"kinds":[],"#e":[]}"##)
        #expect(empty.ids == [] && empty.authors == [] && empty.kinds == [])
        #expect(empty.tagValues(UInt8(ascii: "e")) == [])
    }

    @Test("Order and repetition make no difference")
    func normalForm() throws {
        #expect(try parseFilter(#"{"kinds":[3,1,3,2,1]}"#) == parseFilter(#"{"kinds":[1,2,3]}"#))
        #expect(try parseFilter(##"{"#a":["x"],"#b":["y"]}"##) == parseFilter(##"{"#b":["y","y"],"#a":["x"]}"##))
    }

    @Test("Numbers beyond any time or count mean no end")
    func hugeNumbers() throws {
        let filter = try parseFilter(#"{"since":0,"until":18446744073709551615,"limit":18446744073709551615}"#)
        #expect(filter.until == .max)
        #expect(filter.limit == .max)
    }

    @Test(
        "A field that we do not have is unsupported, and named",
        arguments: ["search", "#pp", "#", "#1", "#é", "# ", "&t", "id", "Kinds", "", "tags"])
    func unsupported(field: String) {
        #expect(
            filterRefusal("{\"kinds\":[1],\"\(field)\":[\"x\"]}")
                == "unsupported: unsupported filter field \"\(field)\"")
    }

    @Test(
        "What is not a filter is invalid",
        arguments: [
            "", "null", "[]", "1", "\"x\"", "{", "{\"kinds\":[1]", #"{"kinds":1}"#, #"{"kinds":"1"}"#,
            #"{"kinds":["1"]}"#,
            #"{"kinds":[-1]}"#, #"{"kinds":[1.0]}"#, #"{"kinds":[65536]}"#, #"{"kinds":[null]}"#, #"{"kinds":null}"#,
            #"{"kinds":[1,]}"#, #"{"kinds":{}}"#, #"{"ids":["ab"]}"#, #"{"ids":[1]}"#, #"{"ids":""}"#,
            #"{"authors":[""]}"#,
            #"{"since":"5"}"#, #"{"since":-5}"#, #"{"since":1.5}"#, #"{"since":null}"#, #"{"until":1e9}"#,
            #"{"limit":-1}"#,
            #"{"limit":null}"#, #"{"limit":"5"}"#, #"{"limit":18446744073709551616}"#, ##"{"#p":"x"}"##,
            ##"{"#p":[1]}"##,
            ##"{"#p":[null]}"##, ##"{"#p":[["x"]]}"##, ##"{"#p":null}"##, ##"{"#p":["\ud800"]}"##,
        ])
    func invalid(text: String) {
        #expect(filterRefusal(text)?.hasPrefix("invalid: malformed filter: ") == true)
    }

    @Test("Ids and authors are whole and lower-case: prefixes are no longer part of NIP-01")
    func wholeHex() {
        for field in ["ids", "authors"] {
            for bad in [String(hex.dropLast()), hex + "0", hex.uppercased(), "npub1", "\\u0061" + hex.dropFirst()] {
                let message = filterRefusal("{\"\(field)\":[\"\(bad)\"]}")
                #expect(message?.contains("\"\(field)\" must hold strings of 64 lower-case hex digits") == true)
            }
        }
    }

    @Test("No field may be there twice")
    func repeated() {
        for field in [
            "\"kinds\":[1]", "\"ids\":[]", "\"authors\":[]", "\"since\":1", "\"until\":1", "\"limit\":1", "\"#p\":[]",
        ] {
            #expect(filterRefusal("{\(field),\(field)}")?.contains("occurs twice") == true, "\(field)")
        }
    }

    @Test("Lists are bounded")
    func limits() {
        func list(_ count: Int) -> String { "[" + (0..<count).map(String.init).joined(separator: ",") + "]" }
        #expect(filterRefusal("{\"kinds\":\(list(FilterLimits.maximumValues))}") == nil)
        #expect(
            filterRefusal("{\"kinds\":\(list(FilterLimits.maximumValues + 1))}")?.contains("more than 1000 values")
                == true)
        let values = [String](repeating: "\"\"", count: FilterLimits.maximumValues + 1).joined(separator: ",")
        #expect(filterRefusal("{\"#t\":[\(values)]}")?.contains("\"#t\" has more than 1000 values") == true)
    }

    @Test("A list of filters is the body of an HTTP query")
    func list() throws {
        func parse(_ text: String) throws(FilterError) -> [Filter] {
            let bytes = Array(text.utf8)
            return try bytes.withUnsafeBufferPointer { buffer throws(FilterError) in
                try Filter.parseList(UnsafeRawBufferPointer(buffer), maximumCount: 3)
            }
        }
        #expect(try parse("[]") == [])
        #expect(try parse(" [{\"kinds\":[1]}, {}] ") == [Filter(kinds: [.textNote]), Filter()])
        #expect(throws: FilterError.invalid("more than 3 filters")) { try parse("[{},{},{},{}]") }
        for bad in ["", "{}", "[{}", "[{}]x", "[1]", "[{},]", "[[]]"] {
            #expect(throws: FilterError.self) { try parse(bad) }
        }
        #expect(throws: FilterError.unsupported("unsupported filter field \"x\"")) { try parse("[{\"x\":1}]") }
    }

    @Test("Every truncation is refused")
    func truncations() {
        let text = Array("{\"ids\":[\"\(hex)\"],\"kinds\":[1],\"#p\":[\"x\"],\"since\":5,\"limit\":7}".utf8)
        for count in text.indices {
            #expect(filterRefusal(String(decoding: text[..<count], as: UTF8.self)) != nil, "first \(count) bytes")
        }
    }
}
