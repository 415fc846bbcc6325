import Testing

@testable import Nostr

@Suite("Unsigned event")
struct UnsignedEventTests {
    @Test("Signing gives the same bytes each time, and they verify")
    func deterministic() throws {
        let unsigned = Samples.unsigned(tags: [["p", "x"], []], content: "line\nline \u{1} é")
        let event = unsigned.signed(by: Samples.alice)
        #expect(event == unsigned.signed(by: Samples.alice))
        #expect(event.id == unsigned.id)
        #expect(event.raw == unsigned.serialized(signature: event.signature))
        #expect(throws: Never.self) { try event.verify() }
    }

    @Test("The JSON is compact, in NIP-01's order")
    func serialization() {
        let event = Samples.event(at: 5, kind: 7, tags: [["a", "b\n"], [], [""]], content: "\u{1f}\"")
        let text = String(decoding: event.raw, as: UTF8.self)
        #expect(
            text == "{\"id\":\"\(event.id)\",\"pubkey\":\"\(event.pubkey)\",\"created_at\":5,\"kind\":7,"
                + "\"tags\":[[\"a\",\"b\\n\"],[],[\"\"]],\"content\":\"\\u001f\\\"\",\"sig\":\"\(event.signature)\"}")
    }

    @Test("The id is the hash of the text that NIP-01 describes")
    func canonicalText() {
        let unsigned = Samples.unsigned(at: 5, kind: 7, tags: [["a", "b\n"], [], [""]], content: "é\"/\u{7f}\u{2028}")
        let text = "[0,\"\(Samples.alice.publicKey)\",5,7,[[\"a\",\"b\\n\"],[],[\"\"]],\"é\\\"/\u{7f}\u{2028}\"]"
        #expect(unsigned.id == SHA256.hash(Array(text.utf8)))
    }

    @Test("Control characters have two forms: verbatim, and escaped, which new events use")
    func controlCharacters() {
        let unsigned = Samples.unsigned(at: 5, kind: 7, tags: [["\u{2}"]], content: "\u{1}\n")
        func hash(_ tag: String, _ content: String) -> EventID {
            SHA256.hash(Array("[0,\"\(Samples.alice.publicKey)\",5,7,[[\"\(tag)\"]],\"\(content)\"]".utf8))
        }
        func canonicalHash(_ form: ControlCharacters) -> EventID {
            Event.canonicalHash(
                pubkey: unsigned.pubkey, createdAt: 5, kind: Kind(7), tags: unsigned.tags, content: unsigned.content,
                controlCharacters: form)
        }
        #expect(canonicalHash(.verbatim) == hash("\u{2}", "\u{1}\\n"))
        #expect(canonicalHash(.escaped) == hash("\\u0002", "\\u0001\\n"))
        #expect(unsigned.id == canonicalHash(.escaped))
    }

    @Test("Lists longer than a client may send can be signed and read back")
    func manyTags() throws {
        let tags = (0..<EventLimits.maximumTags + 1).map { [Text("member"), Text("\($0)")] }
        let event = Samples.event(tags: tags)
        #expect(event.tags.count == tags.count)
        #expect(try Event.parse(event.raw, limits: .stored).tags.count == tags.count)
        #expect(throws: EventError.self) { try Event.parse(event.raw) }
    }

    @Test("An event is signed by its author and by nobody else")
    func wrongKey() async {
        await #expect(processExitsWith: .failure) {
            _ = Samples.unsigned(by: Samples.alice).signed(by: Samples.bob)
        }
        await #expect(processExitsWith: .failure) {
            _ = Samples.unsigned(at: -1).signed(by: Samples.alice)
        }
    }
}
