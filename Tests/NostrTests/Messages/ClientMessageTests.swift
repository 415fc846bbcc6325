import Testing

@testable import Nostr

@Suite("Messages from clients")
struct ClientMessageTests {
    private let event = Samples.event(tags: [["p", "x"]])
    private var eventText: String { String(decoding: event.raw, as: UTF8.self) }

    private func parse(_ text: String) throws(ClientMessageError) -> ClientMessage {
        let result = withExactCopy(Array(text.utf8)) { buffer -> Result<ClientMessage, ClientMessageError> in
            do throws(ClientMessageError) { return .success(try ClientMessage.parse(buffer)) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func refusal(_ text: String) -> ClientMessageError? {
        do throws(ClientMessageError) {
            _ = try parse(text)
            return nil
        } catch {
            return error
        }
    }

    private func subscription(_ name: String) throws -> SubscriptionID { try #require(SubscriptionID(Text(name))) }

    @Test("EVENT carries an event, whose bytes are those that were sent")
    func publishing() throws {
        #expect(try parse("[\"EVENT\",\(eventText)]") == .event(event))
        #expect(try ClientMessage.parse(Array(" [ \"EVENT\" , \(eventText) ] ".utf8)) == .event(event))
        let spaced = eventText.replacing(",", with: " ,\n")
        guard case .event(let read) = try parse("[\"EVENT\", \(spaced) ]") else {
            Issue.record("not an EVENT")
            return
        }
        #expect(read.raw == Array(spaced.utf8))
        #expect(throws: Never.self) { try read.verify() }
        #expect(String(decoding: read.raw[read.layout.id], as: UTF8.self) == event.id.hex)
    }

    @Test("AUTH carries an event")
    func authentication() throws {
        #expect(try parse("[\"AUTH\",\(eventText)]") == .auth(event))
    }

    @Test("REQ and COUNT carry a name and filters")
    func queries() throws {
        let name = try subscription("sub 1")
        let filters = [Filter(kinds: [.textNote]), Filter(limit: 5)]
        #expect(
            try parse(#"["REQ","sub 1",{"kinds":[1]},{"limit":5}]"#) == .request(subscription: name, filters: filters))
        #expect(
            try parse(#"["COUNT","sub 1",{"kinds":[1]},{"limit":5}]"#) == .count(subscription: name, filters: filters))
        #expect(try parse(#"["\u0052EQ","sub\u0020\u0031",{}]"#) == .request(subscription: name, filters: [Filter()]))
    }

    @Test("NEG-OPEN carries a name, one filter and a message; NEG-MSG a name and a message; NEG-CLOSE a name")
    func reconciliations() throws {
        let name = try subscription("n")
        let filter = Filter(kinds: [.textNote])
        #expect(
            try parse(#"["NEG-OPEN","n",{"kinds":[1]},"61000002fF"]"#)
                == .negentropyOpen(subscription: name, filter: filter, message: [0x61, 0, 0, 2, 0xff]))
        #expect(
            try parse(#"["NEG-MSG","n","61"]"#) == .negentropyMessage(subscription: name, message: [0x61]))
        #expect(try parse(#"["NEG-MSG","n",""]"#) == .negentropyMessage(subscription: name, message: []))
        #expect(try parse(#"["NEG-CLOSE","n"]"#) == .negentropyClose(name))
    }

    @Test(
        "A reconciliation that cannot be read is refused under its own name",
        arguments: [
            #"["NEG-OPEN","n"]"#, #"["NEG-OPEN","n",{}]"#, #"["NEG-OPEN","n",{},5]"#, #"["NEG-OPEN","n",{},"6"]"#,
            #"["NEG-OPEN","n",{},"6g"]"#, #"["NEG-OPEN","n",{},"61","x"]"#, #"["NEG-OPEN","n",{"x":1},"61"]"#,
            #"["NEG-OPEN","n",{"kinds":"1"},"61"]"#, #"["NEG-OPEN","n","61"]"#, #"["NEG-OPEN","n",{},"61"] x"#,
            #"["NEG-OPEN","n",[{}],"61"]"#, #"["NEG-OPEN","n",{},"é1"]"#, #"["NEG-MSG","n"]"#,
            #"["NEG-MSG","n","zz"]"#, #"["NEG-MSG","n",["61"]]"#, #"["NEG-MSG","n","61",1]"#,
        ])
    func malformedReconciliations(text: String) throws {
        guard case .negentropy(let name, let message) = refusal(text) else {
            Issue.record("not refused under its name")
            return
        }
        #expect(try name == subscription("n"))
        #expect(message.hasPrefix("invalid: ") || message.hasPrefix("unsupported: "))
        #expect(refusal(text)?.reply == .negentropyError(name, message: message))
    }

    @Test("Without a name only a NOTICE is possible", arguments: ["NEG-OPEN", "NEG-MSG", "NEG-CLOSE"])
    func namelessReconciliations(type: String) {
        for rest in ["", ",5", #","""#, #","\#(String(repeating: "n", count: 65))""#] {
            guard case .notice(let message) = refusal("[\"\(type)\"\(rest)]") else {
                Issue.record("not refused by a NOTICE: \(rest)")
                continue
            }
            #expect(message.hasPrefix("invalid: malformed \(type)"))
        }
    }

    @Test("CLOSE carries a name")
    func closing() throws {
        #expect(try parse(#"["CLOSE","x"]"#) == .close(try subscription("x")))
    }

    @Test(
        "What is not a message gets a NOTICE",
        arguments: [
            "", " ", "{}", "null", "1", "[", "[]", "[1]", "[null]", "[[\"EVENT\"]]", "EVENT", "\"EVENT\"", "[\"EVENT",
            "[EVENT]", "\u{0}",
        ])
    func noMessage(text: String) {
        guard case .notice(let message)? = refusal(text) else {
            Issue.record("not a NOTICE")
            return
        }
        #expect(message.hasPrefix("invalid: malformed message: "))
    }

    @Test("A message type that we do not have is named, in part if it is long")
    func unknownType() {
        #expect(refusal(#"["NEG-NONE","x",{}]"#) == .notice(message: "unsupported: unknown message type \"NEG-NONE\""))
        #expect(refusal(#"["event",{}]"#) == .notice(message: "unsupported: unknown message type \"event\""))
        #expect(refusal("[\"\(String(repeating: "x", count: 100_000))\"]")?.message.utf8.count ?? 0 < 100)
    }

    @Test("A malformed EVENT is refused under the id it states, wherever the fault is")
    func recoveredID() {
        let text = EventText(event)
        let faults: [EventText] = [
            text.replacing("kind", "65536"), text.replacing("sig", "\"x\""), text.replacing("content", "null"),
            text.adding("extra", "{\"a\":[1,2]}"), text.adding("id", text.value(of: "id")), text.without("sig"),
            text.replacing("tags", "[[1]]"), text.replacing("created_at", "1.5"), text.replacing("pubkey", "\"AB\""),
        ]
        for fault in faults {
            for type in ["EVENT", "AUTH"] {
                guard case .event(let id, let message)? = refusal("[\"\(type)\",\(fault.text)]") else {
                    Issue.record("not refused as an event: \(fault.text)")
                    continue
                }
                #expect(id == event.id)
                #expect(message.hasPrefix("invalid: malformed \(type): "))
            }
        }
    }

    @Test("The id is recovered even when what comes after it is no JSON at all")
    func recoveredIDFromBrokenJSON() {
        let start = "[\"EVENT\",{\"id\":\"\(event.id)\""
        for rest in ["", ",", ",\"kind\":}", "]", ",\"kind\":1}", "}", "} trailing", ",\"x\":[[[[", "}, 5]"] {
            guard case .event(event.id, _)? = refusal(start + rest) else {
                Issue.record("\(rest)")
                continue
            }
        }
        // Before the id, values of any kind are passed over.
        guard
            case .event(event.id, _)? = refusal("[\"EVENT\",{\"x\":{\"id\":\"y\"},\"kind\":[],\"id\":\"\(event.id)\",")
        else {
            Issue.record("not recovered")
            return
        }
    }

    @Test("Without a readable id a malformed EVENT has none")
    func noID() {
        for body in [
            "", ",", ",{}", ",null", ",[]", ",5", ",\"x\"", ",{\"kind\":1}", ",{\"id\":5}", ",{\"id\":\"ab\"}",
            ",{\"id\":\"\(event.id.hex.uppercased())\"}", ",{\"kind\":,\"id\":\"\(event.id)\"}",
            ",{\"a\":{\"id\":\"\(event.id)\"}}",
        ] {
            guard case .event(nil, let message)? = refusal("[\"EVENT\"\(body)]") else {
                Issue.record("\(body)")
                continue
            }
            #expect(message.hasPrefix("invalid: malformed EVENT: "))
        }
    }

    @Test("Something after the event is refused under its id")
    func tooMuch() {
        for rest in [",1]", ",\(eventText)]", "]]", "]x", ",]", ""] {
            guard case .event(event.id, _)? = refusal("[\"EVENT\",\(eventText)\(rest)") else {
                Issue.record("\(rest)")
                continue
            }
        }
    }

    @Test("A bad filter closes its subscription, with the filter's own reason")
    func badFilters() throws {
        let name = try subscription("s")
        for type in ["REQ", "COUNT"] {
            #expect(
                refusal("[\"\(type)\",\"s\",{},{\"search\":\"x\"}]")
                    == .subscription(name, message: "unsupported: unsupported filter field \"search\""))
            for rest in ["]", ",1]", ",{\"kinds\":[\"x\"]}]", ",{}", ",{}]x", ",{},]", ",[]]", ",null]", ",{}}", ""] {
                guard case .subscription(name, let message)? = refusal("[\"\(type)\",\"s\"\(rest)") else {
                    Issue.record("\(type) \(rest)")
                    continue
                }
                #expect(message.hasPrefix("invalid: "))
            }
        }
        #expect(refusal(#"["REQ","s"]"#) == .subscription(name, message: "invalid: REQ needs a filter"))
    }

    @Test("Filters are counted")
    func filterLimit() throws {
        func request(_ count: Int) -> String { "[\"REQ\",\"s\"" + String(repeating: ",{}", count: count) + "]" }
        #expect(refusal(request(MessageLimits.maximumFilters)) == nil)
        #expect(
            refusal(request(MessageLimits.maximumFilters + 1))
                == .subscription(try subscription("s"), message: "invalid: more than 100 filters"))
    }

    @Test("A subscription's name has 1 to 64 characters, counted as characters, not bytes")
    func names() throws {
        for name in [
            "x", String(repeating: "x", count: 64), String(repeating: "é", count: 64),
            String(repeating: "🙂", count: 64),
        ] {
            #expect(try parse("[\"CLOSE\",\"\(name)\"]") == .close(try subscription(name)))
        }
        for name in ["", String(repeating: "x", count: 65), String(repeating: "🙂", count: 65)] {
            for type in ["REQ", "COUNT", "CLOSE"] {
                guard case .notice(let message)? = refusal("[\"\(type)\",\"\(name)\",{}]") else {
                    Issue.record("\(type) \(name)")
                    continue
                }
                #expect(message.contains("a subscription id must have 1 to 64 characters"))
            }
        }
        for bad in ["", ",5", ",null", ",{}", ",[\"x\"]"] {
            guard case .notice? = refusal("[\"REQ\"\(bad)]") else {
                Issue.record("\(bad)")
                continue
            }
        }
    }

    @Test("CLOSE takes nothing else")
    func longClose() {
        for bad in [#"["CLOSE","x","y"]"#, #"["CLOSE"]"#, #"["CLOSE","x""#, #"["CLOSE","x"]]"#] {
            guard case .notice? = refusal(bad) else {
                Issue.record("\(bad)")
                continue
            }
        }
    }

    @Test("Every truncation of every message is refused")
    func truncations() {
        for text in [
            "[\"EVENT\",\(eventText)]", "[\"AUTH\",\(eventText)]", #"["REQ","s",{"kinds":[1]},{}]"#,
            #"["COUNT","s",{}]"#,
            #"["CLOSE","s"]"#,
        ] {
            let bytes = Array(text.utf8)
            for count in bytes.indices {
                #expect(
                    refusal(String(decoding: bytes[..<count], as: UTF8.self)) != nil, "first \(count) bytes of \(text)")
            }
        }
    }

    @Test("Deep nesting ends early, wherever it is tried")
    func depthBombs() {
        let bomb = String(repeating: "[", count: 1_000_000)
        for start in [
            "", "[\"EVENT\",", "[\"EVENT\",{\"x\":", "[\"REQ\",\"s\",{\"kinds\":", "[\"REQ\",", "[\"AUTH\",{\"id\":",
        ] {
            #expect(refusal(start + bomb) != nil)
        }
    }

    @Test("The answer fits the refusal: OK, CLOSED or NOTICE")
    func replies() throws {
        let name = try subscription("s")
        #expect(
            ClientMessageError.event(id: event.id, message: "invalid: x").reply
                == .ok(event.id, accepted: false, message: "invalid: x"))
        #expect(ClientMessageError.event(id: nil, message: "invalid: x").reply == .notice("invalid: x"))
        #expect(ClientMessageError.subscription(name, message: "m").reply == .closed(name, message: "m"))
        #expect(ClientMessageError.notice(message: "m").reply == .notice("m"))
    }
}
