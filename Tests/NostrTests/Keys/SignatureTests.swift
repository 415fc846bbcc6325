import Testing

@testable import Nostr

@Suite("Signature")
struct SignatureTests {
    let bytes = (0..<64).map { UInt8($0 * 3 + 1) }

    @Test("Bytes, hex and value are the same thing")
    func roundTrip() throws {
        let value = try #require(Signature(bytes))
        #expect(value.bytes == bytes)
        #expect(value.hex == Hex.encode(bytes))
        #expect(Signature(hex: value.hex) == value)
        #expect(value.withUnsafeBytes { Array($0) } == bytes)
        var raw: [UInt8] = []
        value.append(to: &raw)
        #expect(raw == bytes)
        var hex: [UInt8] = []
        value.appendHex(to: &hex)
        #expect(hex == Array(value.hex.utf8))
    }

    @Test("Only 64 bytes, only 128 lower-case digits")
    func refusals() {
        #expect(Signature(bytes.dropLast()) == nil)
        #expect(Signature(bytes + [0]) == nil)
        let hex = Hex.encode(bytes)
        #expect(Signature(hex: hex.uppercased()) == nil)
        #expect(Signature(hex: hex.dropLast()) == nil)
        #expect(Signature(hex: hex + "00") == nil)
    }
}
