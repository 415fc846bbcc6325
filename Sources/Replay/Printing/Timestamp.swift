/// The log's time in ISO 8601, UTC, without a calendar library: the same text on every machine.
enum Timestamp {
    private static let microsecondsPerDay: Int64 = 86_400_000_000
    /// From 1970 to the end of the year 9999: what a log's time can be. Nothing else comes from a clock.
    static let range: ClosedRange<Int64> = 0...253_402_300_799_999_999

    /// How many digits of the second are written.
    enum Precision: Int {
        case milliseconds = 3
        case microseconds = 6
    }

    /// `2026-01-02T03:04:05.678Z` for microseconds since 1970; the bare number for a time outside `range`.
    static func text(_ time: Int64, _ precision: Precision = .milliseconds) -> String {
        guard range.contains(time) else { return "\(time) µs" }
        let rest = time % microsecondsPerDay
        let (year, month, dayOfMonth) = civil(time / microsecondsPerDay)
        var text: [UInt8] = []
        text.reserveCapacity(27)
        func write(_ value: Int64, digits: Int) {
            var scale: Int64 = 1
            for _ in 1..<digits { scale *= 10 }
            while scale > 0 {
                text.append(UInt8(ascii: "0") + UInt8(value / scale % 10))
                scale /= 10
            }
        }
        func mark(_ scalar: Unicode.Scalar) { text.append(UInt8(ascii: scalar)) }
        write(year, digits: 4)
        mark("-")
        write(month, digits: 2)
        mark("-")
        write(dayOfMonth, digits: 2)
        mark("T")
        write(rest / 3_600_000_000, digits: 2)
        mark(":")
        write(rest / 60_000_000 % 60, digits: 2)
        mark(":")
        write(rest / 1_000_000 % 60, digits: 2)
        mark(".")
        let fraction = rest % 1_000_000
        write(precision == .milliseconds ? fraction / 1_000 : fraction, digits: precision.rawValue)
        mark("Z")
        return String(decoding: text, as: UTF8.self)
    }

    /// `2026-01-02T03:04:05Z` for seconds since 1970, as Nostr events carry them.
    static func text(seconds: Int64) -> String {
        guard (0...range.upperBound / 1_000_000).contains(seconds) else { return "\(seconds) s" }
        return text(seconds * 1_000_000).dropLast(5) + "Z"
    }

    /// The date of a day counted from 1970-01-01 (proleptic Gregorian; Howard Hinnant, "chrono-compatible low-level date
    /// algorithms").
    private static func civil(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// The day counted from 1970-01-01 of a date; `nil` for a date that does not exist.
    static func day(year: Int64, month: Int64, day: Int64) -> Int64? {
        guard (1...12).contains(month), (1...31).contains(day) else { return nil }
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let count = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        let back = civil(count)
        return back == (year, month, day) ? count : nil
    }
}

/// A span of time in words: how long before or after something happened.
enum Span {
    /// `12 s`, `3.5 s`, `4 min`, `2 h`, `3 days`: one number that a person can picture.
    static func text(_ microseconds: Int64) -> String {
        let span = microseconds.magnitude
        switch span {
        case ..<10_000_000: return "\(span / 1_000_000).\(span / 100_000 % 10) s"
        case ..<120_000_000: return "\(span / 1_000_000) s"
        case ..<7_200_000_000: return "\(span / 60_000_000) min"
        case ..<172_800_000_000: return "\(span / 3_600_000_000) h"
        default: return "\(span / 86_400_000_000) days"
        }
    }
}
