/// A moment as a user writes it.
enum TimeText: Equatable {
    /// Microseconds since 1970.
    case absolute(Int64)
    /// Microseconds before now.
    case ago(Int64)

    /// The moment in microseconds since 1970.
    func resolved(now: Int64) -> Int64 {
        switch self {
        case .absolute(let time): time
        case .ago(let span): max(0, now - span)
        }
    }
}

extension TimeText {
    /// What the forms are, for messages and help.
    static let forms =
        "2026-01-02T03:04:05Z (UTC unless it says otherwise), seconds since 1970, or -5m for five minutes ago"

    /// Reads ISO 8601, seconds since 1970 (`@` before them is fine), or a relative time such as `-90s`, `-5m`, `-1h30m`.
    init(parsing text: String) throws(TextError) {
        if text.hasPrefix("-") {
            guard let span = TimeText.span(text.dropFirst()) else { throw .badTime(text) }
            self = .ago(span)
        } else if let seconds = Int64(text.hasPrefix("@") ? text.dropFirst() : text[...]) {
            let (time, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
            guard !overflow, Timestamp.range.contains(time) else { throw .badTime(text) }
            self = .absolute(time)
        } else {
            var reader = ISO8601Reader(text)
            guard let time = reader.time(), Timestamp.range.contains(time) else { throw .badTime(text) }
            self = .absolute(time)
        }
    }

    /// Microseconds for one or more numbers with a unit: s, m, h, d or w.
    private static func span(_ text: Substring) -> Int64? {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800]
        /// A hundred thousand years: longer than any log, and far from an overflow.
        let longest: Int64 = 3_155_760_000_000
        var total: Int64 = 0
        var digits = ""
        for character in text {
            if let unit = units[character] {
                guard let count = Int64(digits), count <= longest / unit else { return nil }
                total += count * unit
                guard total <= longest else { return nil }
                digits = ""
            } else {
                digits.append(character)
            }
        }
        return digits.isEmpty && !text.isEmpty ? total * 1_000_000 : nil
    }
}

/// A text argument that is not what it has to be; the message says what was expected.
struct TextError: Error, Equatable, CustomStringConvertible {
    var description: String

    static func badTime(_ text: String) -> TextError {
        TextError(description: "\(text) is no time; expected \(TimeText.forms)")
    }
}

/// Reads `YYYY-MM-DD`, alone or with `THH:MM`, `:SS`, a fraction, and `Z` or an offset.
private struct ISO8601Reader {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    private mutating func skip(_ scalars: Unicode.Scalar...) -> Bool {
        guard let first = rest.first, scalars.contains(where: { UInt8(ascii: $0) == first }) else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func number(digits: Int, in range: ClosedRange<Int64>) -> Int64? {
        let text = rest.prefix(digits)
        guard text.count == digits, text.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        rest = rest.dropFirst(digits)
        let value = text.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        return range.contains(value) ? value : nil
    }

    mutating func time() -> Int64? {
        guard let year = number(digits: 4, in: 1970...9999), skip("-"), let month = number(digits: 2, in: 1...12),
            skip("-"), let dayOfMonth = number(digits: 2, in: 1...31),
            let day = Timestamp.day(year: year, month: month, day: dayOfMonth)
        else { return nil }
        var time = day * 86_400_000_000
        guard !rest.isEmpty else { return time }
        guard skip("T", "t", " "), let hour = number(digits: 2, in: 0...23), skip(":"),
            let minute = number(digits: 2, in: 0...59)
        else { return nil }
        time += hour * 3_600_000_000 + minute * 60_000_000
        if skip(":") {
            guard let second = number(digits: 2, in: 0...59) else { return nil }
            time += second * 1_000_000
            if skip(".", ",") {
                guard let fraction = fraction() else { return nil }
                time += fraction
            }
        }
        guard !rest.isEmpty, !skip("Z", "z") else { return rest.isEmpty ? time : nil }
        let isWest = rest.first == UInt8(ascii: "-")
        guard skip("+", "-"), let hours = number(digits: 2, in: 0...23) else { return nil }
        _ = skip(":")
        guard let minutes = number(digits: 2, in: 0...59), rest.isEmpty else { return nil }
        let offset = hours * 3_600_000_000 + minutes * 60_000_000
        return isWest ? time + offset : time - offset
    }

    /// Microseconds; digits beyond the sixth are dropped.
    private mutating func fraction() -> Int64? {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty else { return nil }
        rest = rest.dropFirst(digits.count)
        var value = digits.prefix(6).reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        for _ in digits.count..<max(6, digits.count) { value *= 10 }
        return value
    }
}
