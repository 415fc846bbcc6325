extension JSONReader {
    /// Reads a whole number that is written in plain digits: no sign, fraction, exponent or leading zero, and no more
    /// than `max`.
    public mutating func unsignedInteger(max: UInt64) throws(JSONError) -> UInt64 {
        skipWhiteSpace()
        return try digits(max: max)
    }

    /// Reads a whole number with an optional `-`: no fraction, exponent or leading zero, not `-0`.
    public mutating func integer() throws(JSONError) -> Int64 {
        skipWhiteSpace()
        guard current == 0x2d else { return Int64(try digits(max: UInt64(Int64.max))) }
        let start = position
        position &+= 1
        let magnitude = try digits(max: UInt64(Int64.max) + 1)
        guard magnitude > 0 else { throw JSONError(offset: start, reason: "expected a whole number other than -0") }
        return Int64(truncatingIfNeeded: 0 &- magnitude)
    }

    /// Reads any number and gives the range of its text. Its value is never computed: a number of any size and
    /// precision is a valid one.
    public mutating func number() throws(JSONError) -> Range<Int> {
        skipWhiteSpace()
        let start = position
        if current == 0x2d { position &+= 1 }
        if current == 0x30 {
            position &+= 1
        } else {
            guard skipDigits() else { throw expected("a number") }
        }
        if current == 0x2e {
            position &+= 1
            guard skipDigits() else { throw expected("a digit") }
        }
        if current | 0x20 == 0x65 {
            position &+= 1
            if current == 0x2b || current == 0x2d { position &+= 1 }
            guard skipDigits() else { throw expected("a digit") }
        }
        // What follows is checked by whoever reads on: "01" is "0" and then no ',' where one must be.
        return start..<position
    }

    /// Moves behind the digits at `position`; `false` if there are none.
    private mutating func skipDigits() -> Bool {
        let start = position
        while position < bytes.count, isDigit(bytes[position]) { position &+= 1 }
        return position > start
    }

    @inline(__always)
    private func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    @inline(__always)
    private mutating func digits(max: UInt64) throws(JSONError) -> UInt64 {
        let start = position
        guard isDigit(current) else { throw expected("a whole number") }
        var value: UInt64 = 0
        while position < bytes.count, isDigit(bytes[position]) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(bytes[position] &- 0x30))
            guard !overflow, !carry, sum <= max else {
                throw JSONError(offset: start, reason: "number larger than \(max)")
            }
            value = sum
            position &+= 1
        }
        guard bytes[start] != 0x30 || position == start &+ 1 else {
            throw JSONError(offset: start, reason: "expected a number without leading zeros")
        }
        switch current {
        case 0x2e, 0x65, 0x45:
            throw JSONError(offset: start, reason: "expected a whole number without fraction or exponent")
        default: return value
        }
    }
}
