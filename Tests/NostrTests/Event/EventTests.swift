import Testing

@testable import Nostr

@Suite("Event")
struct EventTests {
    @Test("All fields are what was sent")
    func fields() throws {
        let event = Samples.event(at: 1_234_567, kind: 30_621, tags: [["d", "x"], ["-"]], content: "a\n\"é\"")
        let parsed = try Event.parse(event.raw)
        #expect(parsed.pubkey == Samples.alice.publicKey)
        #expect(parsed.createdAt == 1_234_567)
        #expect(parsed.kind == .meshStatus)
        #expect(parsed.content == "a\n\"é\"")
        #expect(parsed.contentHasEscapes)
        #expect(parsed.tags.map(Array.init) == [["d", "x"], ["-"]])
        #expect(parsed.raw == event.raw)
        #expect(parsed == event)
        #expect(throws: Never.self) { try parsed.verify() }
    }

    @Test("The layout names the bytes of each part")
    func layout() throws {
        let text = "  " + EventText(Samples.event(tags: [["t", "a"]], content: "x\ny")).text + " \n"
        let event = try Event.parse(Array(text.utf8))
        func part(_ range: Range<Int>) -> String { String(decoding: event.raw[range], as: UTF8.self) }
        #expect(part(event.layout.id) == event.id.hex)
        #expect(part(event.layout.pubkey) == event.pubkey.hex)
        #expect(part(event.layout.signature) == event.signature.hex)
        #expect(part(event.layout.content) == "x\\ny")
        #expect(part(event.layout.tags) == "[[\"t\",\"a\"]]")
        #expect(part(event.layout.createdAt) == "1700000000")
        #expect(part(event.layout.kind) == "1")
    }

    @Test("White space around the object is allowed and not part of it")
    func surroundings() throws {
        let event = Samples.event()
        for (before, after) in [(" ", ""), ("", "\n"), ("\r\n\t ", " \r\n")] {
            let parsed = try Event.parse(Array(before.utf8) + event.raw + Array(after.utf8))
            #expect(parsed.raw == event.raw)
            #expect(parsed.layout == event.layout)
            #expect(throws: Never.self) { try parsed.verify() }
        }
    }

    @Test("Fields may come in any order")
    func order() throws {
        var text = EventText(Samples.event(tags: [["t", "a"]]))
        var generator = SeededGenerator(state: 1)
        for _ in 0..<50 {
            text.fields.shuffle(using: &generator)
            let event = try Event.parse(Array(text.text.utf8))
            #expect(throws: Never.self) { try event.verify() }
        }
    }

    @Test("The smallest and the largest numbers are read")
    func extremes() throws {
        for time in [0, 1, EventLimits.latestCreatedAt] {
            for kind in [UInt16.min, .max] {
                let event = try Event.parse(Samples.event(at: time, kind: kind).raw)
                #expect(event.createdAt == time)
                #expect(event.kind.rawValue == kind)
                #expect(throws: Never.self) { try event.verify() }
            }
        }
    }

    @Test("A wrong id and a wrong signature are told apart")
    func verification() throws {
        let event = Samples.event()
        let other = Samples.event(content: "other")
        let text = EventText(event)
        func error(_ text: EventText) throws -> EventError? {
            let event = try Event.parse(Array(text.text.utf8))
            do throws(EventError) {
                try event.verify()
                return nil
            } catch {
                return error
            }
        }
        #expect(try error(text) == nil)
        #expect(try error(text.replacing("content", "\"x\"")) == .idMismatch)
        #expect(try error(text.replacing("kind", "2")) == .idMismatch)
        #expect(try error(text.replacing("created_at", "1700000001")) == .idMismatch)
        #expect(try error(text.replacing("tags", "[[]]")) == .idMismatch)
        #expect(try error(text.replacing("pubkey", "\"\(Samples.bob.publicKey.hex)\"")) == .idMismatch)
        #expect(try error(text.replacing("id", "\"\(other.id.hex)\"")) == .idMismatch)
        #expect(try error(text.replacing("sig", "\"\(other.signature.hex)\"")) == .badSignature)
        #expect(try error(text.replacing("sig", "\"\(String(repeating: "0", count: 128))\"")) == .badSignature)
    }

    @Test("An event of an author who is no point of the curve has a bad signature, whatever it says")
    func impossibleAuthor() throws {
        let author = try #require(Bytes32([UInt8](repeating: 0xff, count: 32)))
        let unsigned = UnsignedEvent(pubkey: author, createdAt: 1, kind: Kind(1), tags: [], content: "")
        let event = try Event.parse(unsigned.serialized(signature: Samples.alice.sign(unsigned.id)))
        #expect(throws: EventError.badSignature) { try event.verify() }
    }

    @Test("Errors are sentences for the sender")
    func messages() {
        #expect(EventError.idMismatch.message == "event id does not match its content")
        #expect(EventError.badSignature.message == "event signature is not valid")
        #expect(EventError.malformed("x at byte 1").message == "malformed event: x at byte 1")
    }

    @Test("Content is handed out without copying, escapes resolved")
    func content() {
        #expect(Samples.event(content: "plain").withContent { Array($0) } == Array("plain".utf8))
        #expect(Samples.event(content: "a\nb").withContent { Array($0) } == Array("a\nb".utf8))
        #expect(Samples.event(content: "").withContent { $0.count } == 0)
        #expect(!Samples.event(content: "é🙂").contentHasEscapes)
    }
}
