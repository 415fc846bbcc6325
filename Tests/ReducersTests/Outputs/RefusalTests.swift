import Nostr
import Testing

@testable import Reducers

/// The words of WIRE.md, to the letter: clients compare them.
@Suite struct RefusalTests {
    static let wire: [(Refusal, String)] = [
        (.notAuthenticated, "auth-required: not authenticated"),
        (.authorMismatch, "invalid: event pubkey does not match authenticated identity"),
        (.notMember, "restricted: not a relay member"),
        (.relayOnlyKind, "restricted: relay-only kind"),
        (.reporterDelegated, "restricted: delegated identities cannot report mesh status in v1"),
        (.reportNotJSON("why"), "invalid: mesh status report content is not JSON (why)"),
        (.requestRate(20), "rate-limited: mesh connect request rate exceeded (20/sec)"),
        (.requestMalformed("why"), "invalid: malformed mesh connect request (why)"),
        (.requestWithoutTarget, "invalid: mesh connect request missing #p target"),
        (.requestToSelf, "invalid: cannot mesh-connect to self"),
        (.requesterDelegated, "restricted: delegated identities cannot initiate mesh in v1"),
        (.targetNotMember, "restricted: target is not a relay member"),
    ]

    static let others: [Refusal] =
        [
            .invalidEvent("why"), .neverPublished, .unsupportedKind("why"), .protectedEvent, .tooFarInFuture(900),
            .reportRate(20), .reportLimit("why"), .tooManyReporters, .requestNotFresh(120), .requestReplayed,
            .requestTargetMalformed, .targetRate(100), .commandNotFresh(120), .commandReplayed,
            .commandMalformed("why"), .subjectNotMember, .membershipFull, .ownerExists, .overloaded("why"),
        ] + Refusal.Permission.allCases.map { .permissionDenied($0) }

    @Test(arguments: wire)
    func aRefusalSaysWhatTheContractSays(refusal: Refusal, message: String) {
        #expect(refusal.message == message)
    }

    @Test func codesAreStableNamesOfOneRefusalEach() {
        let all = RefusalTests.wire.map(\.0) + RefusalTests.others
        let codes = all.map(\.code)
        #expect(Set(codes).count == all.count)
        #expect(codes.allSatisfy { $0.wholeMatch(of: /[a-z]+(_[a-z]+)*/) != nil })
        let outcomes = [Decision.Outcome.granted, .applied, .unchanged, .refused].map(\.rawValue)
        #expect(Set(codes).isDisjoint(with: outcomes))
    }

    @Test func everyMessageHasAStandardPrefix() {
        let prefixes = [
            "duplicate", "blocked", "rate-limited", "invalid", "restricted", "error", "auth-required", "unsupported",
        ]
        for refusal in RefusalTests.wire.map(\.0) + RefusalTests.others {
            let prefix = refusal.message.split(separator: ":").first.map(String.init) ?? ""
            #expect(prefixes.contains(prefix) && refusal.message.hasPrefix("\(prefix): "), "\(refusal)")
        }
    }
}
