import Testing

@testable import Nostr

@Suite("Kind")
struct KindTests {
    @Test("Every kind is exactly one of NIP-01's four sorts, and the edges are where it says")
    func sorts() {
        for number in UInt16.min...UInt16.max {
            let kind = Kind(number)
            let sorts = [kind.isRegular, kind.isReplaceable, kind.isEphemeral, kind.isAddressable]
            #expect(sorts.filter { $0 }.count == 1)
        }
        for (number, sort) in [
            (0, \Kind.isReplaceable), (1, \.isRegular), (2, \.isRegular), (3, \.isReplaceable), (4, \.isRegular),
            (9_999, \.isRegular), (10_000, \.isReplaceable), (19_999, \.isReplaceable), (20_000, \.isEphemeral),
            (29_999, \.isEphemeral), (30_000, \.isAddressable), (39_999, \.isAddressable), (40_000, \.isRegular),
            (65_535, \.isRegular),
        ] {
            #expect(Kind(UInt16(number))[keyPath: sort], "kind \(number)")
        }
    }

    @Test("The wire contract's kinds have its numbers")
    func names() {
        let numbers: [(Kind, UInt16)] = [
            (.meshStatusReport, 24_620), (.meshConnectRequest, 24_621), (.callMeNow, 24_622), (.meshStatus, 30_621),
            (.clientAuthentication, 22_242), (.httpAuthentication, 27_235), (.addMember, 9_030), (.removeMember, 9_031),
            (.changeRole, 9_032), (.membershipList, 13_534), (.memberAdded, 8_000), (.memberRemoved, 8_001),
            (.joinRequest, 28_934), (.inviteRequest, 28_935), (.leaveRequest, 28_936), (.deletion, 5), (.metadata, 0),
            (.textNote, 1), (.contacts, 3),
        ]
        for (kind, number) in numbers { #expect(kind.rawValue == number) }
        #expect(Kind.meshStatus.isAddressable)
        #expect(Kind.membershipList.isReplaceable)
        #expect(Kind.callMeNow.isEphemeral)
        #expect(Kind.addMember.isRegular)
    }
}
