import Testing

@testable import Nostr

/// Events that nostr-sdk and coincurve made; see Vectors/make_events.py.
@Suite("Events made by other software")
struct OtherSoftwareTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let name: String
        let by: String
        let raw: [UInt8]
        let content: Text
        let tags: [[Text]]
        let verdict: String

        var testDescription: String { "\(name), by \(by)" }

        init(_ line: String) throws {
            let record = try JSONValue.parse(Array(line.utf8))
            func string(_ key: Text) throws -> String { try #require(record[key]?.stringValue).string }
            func decoded(_ value: JSONValue?) throws -> Text {
                let hex = try #require(value?.stringValue).string
                return Text(validUTF8: try #require(Hex.decode(hex)))
            }
            name = try string("name")
            by = try string("by")
            verdict = try string("verdict")
            var content = try decoded(record["content"])
            var text = try string("json")
            if let times = record["content_times"]?.unsignedInteger {
                let unit = try string("content_unit_json")
                let whole = String(repeating: unit, count: Int(times))
                text = text.split(separator: "%CONTENT%").joined(separator: whole)
                content = Text(validUTF8: (0..<times).flatMap { _ in content.utf8 })
            }
            raw = Array(text.utf8)
            self.content = content
            tags = try #require(record["tags"]?.arrayValue).map { try #require($0.arrayValue).map { try decoded($0) } }
        }
    }

    static func vectors() throws -> [Vector] { try VectorFiles.lines("events-nostr-sdk.jsonl").map { try Vector($0) } }

    @Test("Each is read as its maker meant it")
    func reading() throws {
        let vectors = try Self.vectors()
        #expect(vectors.count == 35)
        for vector in vectors {
            let event = try Event.parse(vector.raw)
            #expect(event.content == vector.content, "\(vector.testDescription)")
            #expect(event.tags.map(Array.init) == vector.tags, "\(vector.testDescription)")
        }
    }

    @Test("Each is accepted if it should be, whichever of the two forms of control characters its id was made of")
    func verification() throws {
        for vector in try Self.vectors() {
            let event = try Event.parse(vector.raw)
            var verdict = "valid"
            do throws(EventError) { try event.verify() } catch {
                verdict = "\(error == .idMismatch ? "idMismatch" : "\(error)")"
            }
            #expect(verdict == vector.verdict, "\(vector.testDescription)")
        }
    }

    @Test("We compute the same ids as nostr-sdk and any JSON library")
    func ids() throws {
        for vector in try Self.vectors() where vector.by == "nostr-sdk" || vector.by.hasSuffix("characters escaped") {
            let event = try Event.parse(vector.raw)
            let unsigned = UnsignedEvent(
                pubkey: event.pubkey, createdAt: event.createdAt, kind: event.kind, tags: vector.tags,
                content: vector.content)
            #expect(unsigned.id == event.id, "\(vector.testDescription)")
        }
    }

    @Test("Signed again by us with the same key, coincurve's events come out to the byte")
    func signatures() throws {
        let key = try #require(SecretKey([UInt8](repeating: 0x0a, count: 32)))
        var count = 0
        for vector in try Self.vectors() where vector.by.hasSuffix("characters escaped") || vector.name == "empty tags"
        {
            let event = try Event.parse(vector.raw)
            let signed = UnsignedEvent(
                pubkey: key.publicKey, createdAt: event.createdAt, kind: event.kind, tags: vector.tags,
                content: vector.content
            ).signed(by: key)
            #expect(signed.id == event.id)
            #expect(signed.signature == event.signature)
            #expect(String(decoding: signed.raw, as: UTF8.self) == String(decoding: vector.raw, as: UTF8.self))
            count += 1
        }
        #expect(count == 2)
    }
}
