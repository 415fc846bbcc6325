/// Writes whole numbers in decimal without making a `String`.
enum Decimal {
    static func append(_ value: some FixedWidthInteger, to output: inout [UInt8]) {
        if value < 0 { output.append(0x2d) }
        var rest = UInt64(value.magnitude)
        // 20 digits hold any 64-bit number.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var start = digits.count
            repeat {
                start &-= 1
                digits[start] = 0x30 &+ UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            output.append(contentsOf: digits[start...])
        }
    }
}
