import Testing

@testable import Nostr

@Suite("Hex")
struct HexTests {
    @Test("Every byte is written as two lower-case digits and read back")
    func roundTrip() {
        let bytes = (0...255).map { UInt8($0) }
        let text = Hex.encode(bytes)
        #expect(text == bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
        #expect(Hex.decode(text) == bytes)
    }

    @Test("Any length works, whole words or not", arguments: 0...20)
    func lengths(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 200) }
        #expect(Hex.decode(Hex.encode(bytes)) == bytes)
        var appended: [UInt8] = [0x2a]
        bytes.withUnsafeBytes { Hex.append($0, to: &appended) }
        #expect(String(decoding: appended, as: UTF8.self) == "*" + Hex.encode(bytes))
    }

    @Test("At each place exactly 0–9 and a–f are digits", arguments: [8, 9, 64])
    func onlyLowerCaseDigits(bytes count: Int) {
        let good = Array("0123456789abcdef".utf8)
        let text = [UInt8](repeating: 0x30, count: count * 2)
        for position in text.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[position] = byte
                var output = [UInt8](repeating: 0, count: count)
                let decoded = changed.withUnsafeBytes { input in
                    output.withUnsafeMutableBytes { Hex.decode(input, into: $0) }
                }
                #expect(decoded == good.contains(byte), "byte \(byte) at \(position)")
            }
        }
    }

    @Test("An odd number of digits is refused")
    func oddLength() {
        #expect(Hex.decode("abc") == nil)
        #expect(Hex.decode("") == [])
    }
}
