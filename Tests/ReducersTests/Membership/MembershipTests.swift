import Foundation
import Nostr
import Testing

@testable import Reducers

@Suite struct MembershipTests {
    private func keys(_ count: UInt8) -> [PublicKey] { (0..<count).map { SHA256.hash([$0]) } }

    /// RFC 6962's root, written down once more: as recursive as in the RFC.
    private func root(_ leaves: ArraySlice<[UInt8]>) -> Bytes32 {
        guard let first = leaves.first else { return SHA256.hash([]) }
        guard leaves.count > 1 else { return SHA256.hash([0] + first) }
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        let middle = leaves.startIndex + split
        return SHA256.hash([1] + root(leaves[..<middle]).bytes + root(leaves[middle...]).bytes)
    }

    private func bytes(_ key: PublicKey, _ role: UInt8, _ since: UInt64) -> [UInt8] {
        key.bytes + [role] + (0..<8).map { UInt8(truncatingIfNeeded: since >> (56 - 8 * $0)) }
    }

    @Test(arguments: 0...20)
    func theRootIsThatOfRFC6962OverTheSortedMembers(count: Int) {
        var membership = Membership()
        let roles: [Role] = [.member, .admin, .owner]
        var leaves: [[UInt8]] = []
        for (index, key) in keys(UInt8(count)).enumerated() {
            let since = UInt64(1) << UInt64(index * 3)
            membership.apply(MembershipEffect(key: key, change: .add(roles[index % 3])), at: since)
            leaves.append(bytes(key, UInt8(index % 3 + 1), since))
        }
        leaves.sort { $0.lexicographicallyPrecedes($1) }
        #expect(membership.root == root(leaves[...]))
    }

    /// The log format's own vectors: after their second and third rows there are one and two members.
    @Test func theRootIsThatOfTheLogFormatsVectors() throws {
        let file = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../LogTests/Vectors/nrl1.json")
            .standardized
        let vectors = try JSONValue.parse([UInt8](Data(contentsOf: file)))
        let rows = try #require(vectors["rows"]?.arrayValue)
        // Bytes 60 to 91 of a leaf.
        let committed = rows.map { $0["leaf"]?.stringValue?.string.dropFirst(120).prefix(64) }
        var membership = Membership()
        for (seq, row) in rows.enumerated() {
            #expect(membership.root.hex == committed[seq].map(String.init), "a leaf commits to the members before it")
            let payload = try JSONValue.parse(try #require(row["payload"]?.stringValue).utf8)
            guard let added = payload["add"]?.stringValue else { continue }
            let key = try #require(PublicKey(hex: added.string))
            membership.apply(MembershipEffect(key: key, change: .add(.member)), at: UInt64(seq))
        }
        #expect(membership.members.count == 2)
    }

    @Test func theOrderInWhichMembersCameDoesNotMatter() {
        let all = keys(9)
        func root(_ order: [PublicKey]) -> Bytes32 {
            var membership = Membership()
            for key in order { membership.apply(MembershipEffect(key: key, change: .add(.member)), at: 5) }
            #expect(membership.members.map(\.key) == all.sorted())
            return membership.root
        }
        #expect(root(all) == root(all.reversed()) && root(all) == root(all.sorted()))
    }

    @Test func whoLeavesLeavesNoTraceInTheRoot() {
        var membership = Membership()
        let (first, second) = (SHA256.hash([1]), SHA256.hash([2]))
        membership.apply(MembershipEffect(key: first, change: .add(.member)), at: 3)
        let alone = membership.root
        membership.apply(MembershipEffect(key: second, change: .add(.admin)), at: 8)
        #expect(membership.root != alone)
        membership.apply(MembershipEffect(key: second, change: .remove), at: 13)
        #expect(membership.root == alone && membership[second] == nil)
        membership.apply(MembershipEffect(key: first, change: .remove), at: 18)
        #expect(membership.root == SHA256.hash([]))
    }

    @Test func aRoleCountsFromTheEntryThatGaveIt() {
        var membership = Membership()
        let key = SHA256.hash([1])
        membership.apply(MembershipEffect(key: key, change: .add(.member)), at: 3)
        membership.apply(MembershipEffect(key: key, change: .change(.admin)), at: 8)
        #expect(membership[key] == Member(key: key, role: .admin, since: 8))
        #expect(membership.root == SHA256.hash([0] + bytes(key, 2, 8)))
    }

    @Test func effectsOnStrangersDoNothing() {
        var membership = Membership()
        membership.apply(MembershipEffect(key: .zero, change: .remove), at: 1)
        membership.apply(MembershipEffect(key: .zero, change: .change(.admin)), at: 1)
        #expect(membership == Membership())
    }

    @Test func theListIsEverNewerAndNamesEverybody() {
        var membership = Membership()
        membership.apply(MembershipEffect(key: SHA256.hash([1]), change: .add(.owner)), at: 4)
        let position = Position(seq: 9, time: 1_780_500_000_999_999)
        let first = membership.listEvent(by: .zero, at: position)
        let second = membership.listEvent(by: .zero, at: position)
        #expect(first.createdAt == 1_780_500_000 && second.createdAt == 1_780_500_001)
        #expect(first.kind == .membershipList && first.content.isEmpty)
        #expect(first.tags == [["-"], ["member", Text(SHA256.hash([1]).hex), "owner"]])
    }

    @Test func aFullCommunityTakesNobodyElse() throws {
        var state = RelayState()
        state.membership = Membership.full
        var recorder = NoRecorder()
        #expect(throws: Refusal.membershipFull) {
            try state.membership.rule(.add(SHA256.hash([0xff]), .member), recorder: &recorder)
        }
        let known = try #require(state.membership.members.last).key
        #expect(
            try state.membership.rule(.add(known, .admin), recorder: &recorder) == .unchanged("info: already a member"))
    }
}

extension Membership {
    /// As many members as there can be, by way of the codec: one by one would take too long.
    fileprivate static var full: Membership {
        var encoder = StateEncoder()
        encoder.number(Int64(0))
        encoder.count(maximumMembers)
        var bytes = encoder.bytes
        for number in 0..<maximumMembers {
            var member = StateEncoder()
            member.number(UInt64(number))
            bytes +=
                member.bytes + [UInt8](repeating: 0, count: 24) + [Role.member.rawValue]
                + [UInt8](repeating: 0, count: 8)
        }
        var decoder = StateDecoder(bytes)
        guard let membership = try? Membership(from: &decoder) else { fatalError("the codec reads what it is given") }
        return membership
    }
}
