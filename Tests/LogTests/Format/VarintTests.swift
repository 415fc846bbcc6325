import Testing

@testable import Log

struct VarintTests {
    @Test(arguments: [0, 1, 127, 128, 16_383, 16_384, 1 << 32, 1 << 63, UInt64.max])
    func everyNumberComesBack(_ number: UInt64) {
        var bytes: [UInt8] = []
        Varint.append(number, to: &bytes)
        #expect(bytes.count <= Varint.maximumSize)
        bytes.withUnsafeBytes {
            var reader = ByteReader($0)
            #expect(reader.varint() == number)
            #expect(reader.isAtEnd)
        }
    }

    @Test(arguments: [
        [], [0x80], [0xff, 0xff], [UInt8](repeating: 0xff, count: 9) + [2], [UInt8](repeating: 0x80, count: 11),
    ])
    func numbersThatEndTooEarlyOrAreTooLargeAreRefused(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes {
            var reader = ByteReader($0)
            #expect(reader.varint() == nil)
        }
    }
}
