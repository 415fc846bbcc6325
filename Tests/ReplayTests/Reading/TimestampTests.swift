import Testing

@testable import Replay

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_767_323_045_678_901, "2026-01-02T03:04:05.678Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
        (4_107_542_399_999_999, "2100-02-28T23:59:59.999Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999Z"),
        (-1, "-1 µs"),
        (Int64.max, "9223372036854775807 µs"),
    ])
    func aTimePrintsInUTC(_ time: Int64, _ text: String) {
        #expect(Timestamp.text(time) == text)
    }

    @Test func microsecondsArePrintedForPrograms() {
        #expect(Timestamp.text(1_767_323_045_678_901, .microseconds) == "2026-01-02T03:04:05.678901Z")
        #expect(Timestamp.text(seconds: 1_767_323_045) == "2026-01-02T03:04:05Z")
    }

    @Test(arguments: [
        ("2026-01-02T03:04:05.678901Z", 1_767_323_045_678_901),
        ("2026-01-02T03:04:05.6789019Z", 1_767_323_045_678_901),
        ("2026-01-02T03:04:05Z", 1_767_323_045_000_000),
        ("2026-01-02t03:04:05z", 1_767_323_045_000_000),
        ("2026-01-02 03:04:05", 1_767_323_045_000_000),
        ("2026-01-02T03:04", 1_767_323_040_000_000),
        ("2026-01-02T04:04:05+01:00", 1_767_323_045_000_000),
        ("2026-01-01T22:34:05-0430", 1_767_323_045_000_000),
        ("2026-01-02", 1_767_312_000_000_000),
        ("1767323045", 1_767_323_045_000_000),
        ("@17", 17_000_000),
    ])
    func aTimeIsReadInTheFormsThatPeopleWrite(_ text: String, _ time: Int64) throws {
        #expect(try TimeText(parsing: text) == .absolute(time))
    }

    @Test(arguments: [("-5m", 300), ("-90s", 90), ("-1h30m", 5_400), ("-2d", 172_800), ("-1w", 604_800)])
    func aRelativeTimeCountsBackFromNow(_ text: String, _ seconds: Int64) throws {
        #expect(
            try TimeText(parsing: text).resolved(now: 2_000_000_000_000_000) == 2_000_000_000_000_000 - seconds
                * 1_000_000)
    }

    @Test(arguments: [
        "", "-", "-5", "-m", "-5x", "-99999999999999w", "noon", "2026-13-01", "2026-02-29", "2026-01-02T24:00:00Z",
        "2026-01-02T03", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05Zx", "1969-12-31",
        "99999999999999999999", "9223372036854775807", "2026-01-02T03:04:05+25:00",
    ])
    func anythingElseIsRefusedWithTheFormsThatAreGood(_ text: String) {
        let error = #expect(throws: TextError.self) { try TimeText(parsing: text) }
        #expect(error?.description.contains("2026-01-02T03:04:05Z") == true)
    }

    @Test(arguments: [
        (3_500_000, "3.5 s"), (12_000_000, "12 s"), (240_000_000, "4 min"), (7_200_000_000, "2 h"),
        (259_200_000_000, "3 days"), (-3_500_000, "3.5 s"),
    ])
    func aSpanIsOneNumberThatAPersonCanPicture(_ span: Int64, _ text: String) {
        #expect(Span.text(span) == text)
    }
}
