import Testing

@testable import Replay

@Suite struct LogPointTests {
    @Test func aShortNumberIsAPosition() throws {
        #expect(try LogPoint(parsing: "0") == .position(0))
        #expect(try LogPoint(parsing: "123456789") == .position(123_456_789))
    }

    @Test func aLongerNumberIsATimeAndAVeryLongOneAnEvent() throws {
        #expect(try LogPoint(parsing: "1767323045") == .time(.absolute(1_767_323_045_000_000)))
        #expect(try LogPoint(parsing: "176732304512") == .event(try #require(EventPrefix("176732304512"))))
    }

    @Test func eightHexDigitsOrMoreAreAnEvent() throws {
        #expect(try LogPoint(parsing: "0a1b2c3d") == .event(try #require(EventPrefix("0a1b2c3d"))))
        #expect(try LogPoint(parsing: "0A1B2C3D") == .event(try #require(EventPrefix("0a1b2c3d"))))
        #expect(EventPrefix(String(repeating: "a", count: 64))?.id?.hex == String(repeating: "a", count: 64))
    }

    @Test func aTimeIsAPointToo() throws {
        #expect(try LogPoint(parsing: "-5m") == .time(.ago(300_000_000)))
        #expect(try LogPoint(parsing: "2026-01-02") == .time(.absolute(1_767_312_000_000_000)))
    }

    @Test(arguments: ["", "0a1b2c3", "xyz", "npub1abc", String(repeating: "a", count: 65)])
    func anythingElseIsRefusedWithWhatWouldBeGood(_ text: String) {
        let error = #expect(throws: TextError.self) { try LogPoint(parsing: text) }
        #expect(error?.description.contains("expected a position (17)") == true)
    }

    @Test func whyTakesPositionsAndEventsButNoTimes() throws {
        #expect(try LogPoint(parsingEvent: "17") == .position(17))
        #expect(try LogPoint(parsingEvent: "1767323045") == .position(1_767_323_045))
        #expect(try LogPoint(parsingEvent: "0a1b2c3d4e") == .event(try #require(EventPrefix("0a1b2c3d4e"))))
        #expect(throws: TextError.self) { try LogPoint(parsingEvent: "-5m") }
        #expect(throws: TextError.self) { try LogPoint(parsingEvent: "2026-01-02") }
    }
}
