import Testing

@testable import Nostr

@Suite("JSON numbers")
struct JSONNumberTests {
    private func unsigned(_ text: String, max: UInt64 = .max) -> UInt64? {
        try? reading(text) { reader in
            let value = try reader.unsignedInteger(max: max)
            try reader.finish()
            return value
        }
    }

    private func integer(_ text: String) -> Int64? {
        try? reading(text) { reader in
            let value = try reader.integer()
            try reader.finish()
            return value
        }
    }

    @Test("Plain digits are read up to the limit and no further")
    func limits() {
        #expect(unsigned("0") == 0)
        #expect(unsigned("65535", max: 65_535) == 65_535)
        #expect(unsigned("65536", max: 65_535) == nil)
        #expect(unsigned("18446744073709551615") == .max)
        #expect(unsigned("18446744073709551616") == nil)
        #expect(unsigned("99999999999999999999999999999999999999") == nil)
        #expect(unsigned("1", max: 0) == nil)
    }

    @Test(
        "Other spellings of a whole number are refused",
        arguments: [
            "-0", "-1", "+1", "01", "00", "1.0", "1.", "1e3", "1E3", "1e0", ".5", "", "-", "0x10", "1_000", "\"1\"",
        ])
    func spellings(text: String) {
        #expect(unsigned(text) == nil)
    }

    @Test("The error tells what is wrong")
    func reasons() {
        func reason(_ text: String) -> String? {
            jsonError(Array(text.utf8)) { _ = try $0.unsignedInteger(max: 9) }?.reason
        }
        #expect(reason("10") == "number larger than 9")
        #expect(reason("01") == "expected a number without leading zeros")
        #expect(reason("1.5") == "expected a whole number without fraction or exponent")
        #expect(reason("-1") == "expected a whole number")
    }

    @Test("Signed numbers reach both ends of 64 bits")
    func signed() {
        #expect(integer("9223372036854775807") == .max)
        #expect(integer("9223372036854775808") == nil)
        #expect(integer("-9223372036854775808") == .min)
        #expect(integer("-9223372036854775809") == nil)
        #expect(integer("-1") == -1)
        #expect(integer("-0") == nil)
        #expect(integer("-01") == nil)
        #expect(integer("--1") == nil)
        #expect(integer("-") == nil)
    }

    @Test(
        "Any number of RFC 8259 keeps its text",
        arguments: [
            "0", "-0", "12", "-12", "0.5", "-0.0", "1e5", "1E+5", "1e-05", "123.456e789",
            "3.14159265358979323846264338327950288",
        ])
    func anyNumber(text: String) throws {
        #expect(try reading(text) { try $0.number() } == 0..<text.utf8.count)
        #expect(valueError(text) == nil)
    }

    @Test(
        "Nothing else is a number",
        arguments: [
            "-", "+1", ".5", "1.", "1.e5", "1e", "1e+", "-a", "--1", "0x1", "1..2", "1.2.3", "1e5.5", "01", "-01", "00",
        ])
    func noNumber(text: String) {
        #expect(valueError(text) != nil)
    }
}
