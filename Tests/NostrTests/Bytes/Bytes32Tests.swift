import Testing

@testable import Nostr

@Suite("Bytes32")
struct Bytes32Tests {
    let bytes = (0..<32).map { UInt8($0 * 7 + 3) }

    @Test("Bytes, hex and value are the same thing")
    func roundTrip() throws {
        let value = try #require(Bytes32(bytes))
        #expect(value.bytes == bytes)
        #expect(value.hex == Hex.encode(bytes))
        #expect(Bytes32(hex: value.hex) == value)
        #expect(value.prefix == bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    @Test("Only 32 bytes, only 64 lower-case digits")
    func refusals() {
        #expect(Bytes32(bytes.dropLast()) == nil)
        #expect(Bytes32(bytes + [0]) == nil)
        let hex = Hex.encode(bytes)
        #expect(Bytes32(hex: hex.uppercased()) == nil)
        #expect(Bytes32(hex: hex.dropLast()) == nil)
        #expect(Bytes32(hex: hex + "0") == nil)
        #expect(Bytes32(hex: "g" + hex.dropFirst()) == nil)
    }

    @Test("The order is that of the bytes")
    func order() throws {
        for position in 0..<32 {
            var smaller = [UInt8](repeating: 0x7f, count: 32)
            var larger = smaller
            smaller[position] = 0x7e
            larger[position] = 0x80
            let low = try #require(Bytes32(smaller))
            let high = try #require(Bytes32(larger))
            #expect(low < high)
            #expect(!(high < low))
            #expect(!(low < low))
        }
    }
}
