import Testing

@testable import Nostr

@Suite("Messages to clients")
struct RelayMessageTests {
    private func text(_ message: RelayMessage) -> String { String(decoding: message.bytes, as: UTF8.self) }

    @Test("Each is written as its NIP has it")
    func texts() throws {
        let name = try #require(SubscriptionID("s\"1"))
        let event = Samples.event()
        let raw = String(decoding: event.raw, as: UTF8.self)
        #expect(text(.ok(event.id, accepted: true, message: "")) == "[\"OK\",\"\(event.id)\",true,\"\"]")
        #expect(
            text(.ok(event.id, accepted: false, message: ReplyPrefix.invalid.message("bad \"kind\"\n")))
                == "[\"OK\",\"\(event.id)\",false,\"invalid: bad \\\"kind\\\"\\n\"]")
        #expect(text(.event(name, raw: event.raw)) == "[\"EVENT\",\"s\\\"1\",\(raw)]")
        #expect(text(.endOfStoredEvents(name)) == "[\"EOSE\",\"s\\\"1\"]")
        #expect(text(.closed(name, message: "error: x")) == "[\"CLOSED\",\"s\\\"1\",\"error: x\"]")
        #expect(text(.notice("hé\u{1}")) == "[\"NOTICE\",\"hé\\u0001\"]")
        #expect(text(.auth(challenge: "abc")) == "[\"AUTH\",\"abc\"]")
        #expect(text(.count(name, 12)) == "[\"COUNT\",\"s\\\"1\",{\"count\":12}]")
        #expect(
            text(.count(name, 9, isApproximate: true)) == "[\"COUNT\",\"s\\\"1\",{\"count\":9,\"approximate\":true}]")
        #expect(text(.negentropyMessage(name, [0x61, 0xfe])) == "[\"NEG-MSG\",\"s\\\"1\",\"61fe\"]")
        #expect(text(.negentropyError(name, message: "error: x")) == "[\"NEG-ERR\",\"s\\\"1\",\"error: x\"]")
        #expect(
            text(.negentropyError(name, message: "blocked: x", limit: 5))
                == "[\"NEG-ERR\",\"s\\\"1\",\"blocked: x\",5]")
    }

    @Test("An event's bytes between head and tail make the same message")
    func sharedBody() throws {
        let name = try #require(SubscriptionID("é\\"))
        let event = Samples.event()
        let shared = RelayMessage.eventHead(name) + event.raw + RelayMessage.eventTail
        #expect(shared == RelayMessage.event(name, raw: event.raw).bytes)
    }

    @Test("Messages are appended to what is there")
    func appending() {
        var output = Array("x".utf8)
        RelayMessage.notice("a").append(to: &output)
        RelayMessage.notice("b").append(to: &output)
        #expect(output == Array("x[\"NOTICE\",\"a\"][\"NOTICE\",\"b\"]".utf8))
    }

    @Test("The prefixes are the standard words")
    func prefixes() {
        #expect(
            ReplyPrefix.allCases.map(\.rawValue) == [
                "duplicate", "pow", "blocked", "rate-limited", "invalid", "restricted", "mute", "error",
                "auth-required",
                "unsupported", "info",
            ])
        #expect(ReplyPrefix.authRequired.message("not authenticated") == "auth-required: not authenticated")
    }
}
