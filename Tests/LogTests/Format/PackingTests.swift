import Nostr
import Testing

@testable import Log

/// Contents that were put aside while packing.
private struct FixedContents: SharedContents {
    var contents: [[UInt8]] = []
    private let storage: UnsafeMutableRawBufferPointer = .allocate(byteCount: 1 << 16, alignment: 8)

    init(_ contents: [[UInt8]]) { self.contents = contents }

    func content(_ number: UInt64) throws(LogError) -> UnsafeRawBufferPointer {
        guard number < contents.count else { throw .damaged(seq: nil, reason: "missing") }
        storage.copyBytes(from: contents[Int(number)])
        return UnsafeRawBufferPointer(storage).slice(0..<contents[Int(number)].count)
    }

    func key(_ number: UInt64) throws(LogError) -> Bytes32 {
        guard let key = Bytes32(Array(try content(number))) else { throw .damaged(seq: nil, reason: "no key") }
        return key
    }
}

private func pack(
    _ payload: [UInt8], shared: (range: Range<Int>, content: UInt64)? = nil, keys: [PublicKey: KnownKey] = [:]
) -> [UInt8] {
    var output: [UInt8] = []
    payload.withUnsafeBytes {
        var packer = PayloadPacker($0, shared: shared, keys: keys)
        packer.pack(to: &output)
    }
    return output
}

private func unpack(_ packed: [UInt8], _ contents: [[UInt8]] = []) throws -> [UInt8]? {
    var buffer = PayloadBuffer()
    var contents = FixedContents(contents)
    let isGood = try packed.withUnsafeBytes {
        try PayloadUnpacker.unpack($0, to: &buffer, contents: &contents)
    }
    return isGood ? Array(buffer.bytes) : nil
}

struct PackingTests {
    static let hex = String(repeating: "0123456789abcdef", count: 4)

    @Test(arguments: [
        "", "x", "\"", "\"\"", "0", "00", "12", "012", "18446744073709551616", "9999999999999999999", "1e9", "-12",
        "\"\(hex)\"", "\"\(hex)", "\"\(hex)\(hex)\"", "\"\(hex)\(hex)\(hex)\"", "\"\(hex)0\"",
        "\"\(hex.uppercased())\"",
        "{\"id\":\"\(hex)\",\"pubkey\":\"", "\",\"content\":", "\"}}", "\"}",
        "{\"door\":\"ws\",\"session\":7,\"event\":{}}",
        String(repeating: "a", count: 127), String(repeating: "a", count: 128), String(repeating: "a", count: 129),
        String(repeating: "\"", count: 500), "é漢字\u{1f600}\"é\"",
    ])
    func everyTextComesBack(_ text: String) throws {
        let payload = Array(text.utf8)
        #expect(try unpack(pack(payload)) == payload)
    }

    @Test func anyBytesComeBack() throws {
        var generator = SeededGenerator(seed: 1)
        let pieces = [
            Array("\"".utf8), Array(PackingTests.hex.utf8), Array(",\"id\":\"".utf8), Array("1700000000".utf8),
            [0, 1, 255],
            Array("\"content\":".utf8), Array("{\"sig\": \"".utf8), [0x80, 0xff, 0xc0],
        ]
        for _ in 0..<5_000 {
            var payload: [UInt8] = []
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                if Bool.random(using: &generator), let piece = pieces.randomElement(using: &generator) {
                    payload += piece
                } else {
                    payload.append(UInt8.random(in: 0...255, using: &generator))
                }
            }
            #expect(try unpack(pack(payload)) == payload)
        }
    }

    @Test func aSharedPartIsStoredAsAReference() throws {
        let payload = Array("{\"content\":\"\(String(repeating: "x", count: 3_000))\",\"sig\":\"\"}".utf8)
        let range = 12..<3_012
        let packed = pack(payload, shared: (range, 0))
        #expect(packed.count < 20)
        #expect(try unpack(packed, [Array(payload[range])]) == payload)
    }

    @Test func aKnownKeyIsStoredAsAReference() throws {
        let key = Samples.author(1)
        let payload = Array("{\"author\":\"\(key.hex)\"}".utf8)
        let packed = pack(payload, keys: [key: KnownKey(content: 0, checksum: 0)])
        #expect(packed.count < 20)
        #expect(try unpack(packed, [key.bytes]) == payload)
    }

    @Test func everythingThatMayBeReplacedInsideOfASharedPartStaysThere() throws {
        let inner = Array("\"\(PackingTests.hex)\",\"id\":\"\(PackingTests.hex)\"1700000000".utf8)
        let payload = Array("\"".utf8) + inner + Array("\"1700000000".utf8)
        let packed = pack(payload, shared: (1..<1 + inner.count, 0))
        #expect(try unpack(packed, [inner]) == payload)
    }

    @Test func anEventOf500BytesIsPackedIntoLessThan400() throws {
        let event = try Samples.event(
            tags: [["p", Text(Samples.author(2).hex)]], content: Text(String(repeating: "word ", count: 20)))
        let payload = Samples.draft(event).payload
        #expect(payload.count > 480)
        #expect(pack(payload).count < 320)
    }

    @Test func noBytesCrashTheUnpacker() throws {
        var generator = SeededGenerator(seed: 2)
        for round in 0..<20_000 {
            let count = Int.random(in: 0...40, using: &generator)
            var packed = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            if count > 0, round.isMultiple(of: 2) { packed[0] = UInt8.random(in: 0...8, using: &generator) }
            _ = try? unpack(packed, [Array("content".utf8)])
        }
    }

    @Test(
        arguments: [
            [0x00], [0x07], [0x0f], [0x01], [0x01, 0xff], [0x01, 0x05, 0x61], [0x02, 0x00],
            [0x03] + [UInt8](repeating: 0, count: 63),
            [0x04], [0x04, 0x80], [0x05], [0x06, 0x80], [0x81, 0x61], [0x7f],
            [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ] as [[UInt8]])
    func whatNoPackerWritesIsRefused(_ packed: [UInt8]) throws {
        #expect(try unpack(packed) == nil)
    }

    @Test func aReferenceToNothingIsAnError() {
        #expect(throws: LogError.self) { try unpack([0x05, 0x00]) }
        #expect(throws: LogError.self) { try unpack([0x06, 0x07]) }
    }
}

struct CodebookTests {
    @Test func phrasesHaveTheirCodesForEver() {
        #expect(Codebook.phrases.count <= Int(Codebook.endCode - Codebook.firstCode))
        var all: [UInt8] = []
        for phrase in Codebook.phrases {
            all += Array(UnsafeBufferPointer(start: phrase.utf8Start, count: phrase.utf8CodeUnitCount)) + [0]
        }
        // Of the phrases of format 1, each with a zero byte behind it. A log of format 1 can only be read with these.
        let format1 = SHA256.hash(all).hex
        #expect(format1 == "e3c62b4ce5a28ab3f87c8f385cd232d467784e1e5356fbca496de22b60ecc946")
    }

    @Test func everyPhraseIsFound() throws {
        for (index, phrase) in Codebook.phrases.enumerated() {
            let text = UnsafeRawBufferPointer(start: phrase.utf8Start, count: phrase.utf8CodeUnitCount)
            let match = try #require(Codebook.match(text))
            #expect(match.count == text.count)
            #expect(Int(match.code) == Int(Codebook.firstCode) + index)
        }
    }
}
