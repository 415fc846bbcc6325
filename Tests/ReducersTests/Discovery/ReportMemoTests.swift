import Nostr
import Testing

@testable import Reducers

@Suite struct ReportMemoTests {
    private let key = SecretKey.generate()

    private func report(_ content: Text, by key: SecretKey? = nil) -> Event {
        let key = key ?? self.key
        return UnsignedEvent(
            pubkey: key.publicKey, createdAt: 1_780_500_000, kind: .meshStatusReport, tags: [], content: content
        ).signed(by: key)
    }

    private static let contents: [Text] = [
        #"{"token":"t","hosted_models":["a","/etc/passwd"]}"#, #"{"token":"t","hosted_models":["b"]}"#,
        #"{"token":"t","hosted_models":["\u0061"]}"#, "{}", #"{"token":"t","hosted_models":["a","/etc/passwd"]}"#,
    ]

    @Test func whatIsRememberedIsWhatWouldBeComputed() throws {
        var memo = ReportMemo()
        for _ in 0..<2 {
            for content in ReportMemoTests.contents {
                for _ in 0..<2 {
                    var fresh = ReportMemo()
                    let policy = Policy()
                    let expected = try fresh.result(of: report(content), policy: policy)
                    let result = try memo.result(of: report(content), policy: policy)
                    #expect(result.projection == expected.projection)
                    #expect(result.digest == expected.digest)
                    #expect(result.removals == expected.removals)
                }
            }
        }
    }

    @Test func anotherPolicyIsAnotherResult() throws {
        var memo = ReportMemo()
        var policy = Policy()
        let event = report(ReportMemoTests.contents[0])
        #expect(try memo.result(of: event, policy: policy).projection.models == ["a"])
        let digest = try memo.result(of: event, policy: policy).digest
        policy.endpointHygiene = false
        #expect(try memo.result(of: event, policy: policy).projection.models == ["/etc/passwd", "a"])
        policy = Policy()
        policy.dialect = .buzz
        #expect(try memo.result(of: event, policy: policy).digest != digest)
        policy.maximumModels = 1
        policy.endpointHygiene = false
        #expect(throws: Refusal.self) { try memo.result(of: event, policy: policy) }
    }

    @Test func theSameWordsOfSomebodyElseAreReadForThemselves() throws {
        var memo = ReportMemo()
        for _ in 0..<3_000 {
            let result = try memo.result(of: report(ReportMemoTests.contents[1], by: .generate()), policy: Policy())
            #expect(result.projection.models == ["b"])
        }
    }

    @Test func aRefusedReportIsRefusedAgain() throws {
        var memo = ReportMemo()
        for _ in 0..<2 {
            #expect(throws: Refusal.self) { try memo.result(of: report("[]"), policy: Policy()) }
        }
    }
}
