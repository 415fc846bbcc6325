import Nostr
import Testing

@testable import Reducers

/// What is stored once although it comes again and again.
@Suite struct RepeatingPartTests {
    private let relay = SecretKey.generate()

    private func part(_ kind: Kind, _ content: Text) -> Text? {
        let event = UnsignedEvent(
            pubkey: relay.publicKey, createdAt: 1_780_500_000, kind: kind, tags: [], content: content
        ).signed(by: relay)
        let payload = Payload(head: JSONWriter(), event: event)
        return payload.shape.shared.map { Text(validUTF8: Array(payload.bytes[$0])) }
    }

    private func projection(at time: Int64, _ model: String = "m") throws -> Text {
        let models = (0..<40).map { "\"\(model)\($0)\"" }.joined(separator: ",")
        let report = "{\"token\":\"t\",\"hosted_models\":[\(models)]}"
        return try Projection(report: Array(report.utf8), policy: Policy()).content(dialect: .buzz, updatedAt: time)
    }

    @Test func aNoteThatIsRenewedDiffersInItsTimeOnly() throws {
        let first = try #require(part(.meshStatus, projection(at: 1_780_500_000)))
        #expect(try part(.meshStatus, projection(at: 1_780_500_999)) == first)
        #expect(try part(.meshStatus, projection(at: 1_780_500_000, "other")) != first)
        #expect(first.utf8.count > 256)
    }

    @Test func aReportRepeatsAsAWholeAndNothingElseDoes() {
        let content = Text(String(repeating: "x", count: 300))
        #expect(part(.meshStatusReport, content) == content)
        #expect(part(.textNote, content) == nil)
        #expect(part(.meshStatus, content) == nil, "it has no time")
        #expect(part(.meshStatusReport, "short") == nil)
    }
}
