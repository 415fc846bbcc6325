import Nostr
import Testing

@testable import Log

struct MembersProofTests {
    /// Keys 10, 20, 30, … so that there are gaps.
    private func key(_ number: Int) -> Bytes32 {
        ([UInt8](repeating: 0, count: 30) + [UInt8(number >> 8), UInt8(number & 255)]).withUnsafeBytes { Bytes32($0) }
    }

    private func members(_ count: Int) -> [MemberLeaf] {
        (0..<count).map { MemberLeaf(key: key(10 * ($0 + 1)), role: UInt8($0 % 3 + 1), since: UInt64($0)) }
    }

    private func root(_ members: [MemberLeaf]) -> Bytes32 {
        MerkleTree.root(of: members.map { MerkleTree.leafHash($0.encoded) })
    }

    @Test func everyKeyIsFoundOrShownToBeAbsent() throws {
        for count in 0...12 {
            let members = members(count)
            for number in 0...(10 * count + 15) {
                let proof = MembersProof(about: key(number), in: members)
                let finding = try proof.verify(key(number), root: root(members))
                let expected = members.first { $0.key == key(number) }.map { MembersProof.Finding.member($0) }
                #expect(finding == expected ?? .absent)
            }
        }
    }

    @Test func whatAProofShowsOfAnotherKeyIsTrueToo() throws {
        let members = members(9)
        var refused = 0
        for about in stride(from: 5, through: 95, by: 5) {
            let proof = MembersProof(about: key(about), in: members)
            for other in stride(from: 5, through: 95, by: 5) where other != about {
                guard let finding = try? proof.verify(key(other), root: root(members)) else {
                    refused += 1
                    continue
                }
                let expected = members.first { $0.key == key(other) }.map { MembersProof.Finding.member($0) }
                #expect(finding == expected ?? .absent, "\(about) says of \(other)")
            }
        }
        // The ends show their own absence beyond them, and their neighbour: four of all these.
        #expect(refused == 19 * 18 - 4)
    }

    @Test func neighboursThatAreNoneShowNothing() throws {
        let members = members(9)
        let hashes = members.map { MerkleTree.leafHash($0.encoded) }
        func witness(_ place: Int, as index: Int) -> MembersProof.Witness {
            .init(
                member: members[place], index: UInt64(index), path: MerkleTree.inclusionProof(of: place, in: hashes))
        }
        // That member 30 is absent, shown by 20 and 40, whatever they say of their places and of the size.
        for size in 0...20 as ClosedRange<UInt64> {
            for low in 0..<9 {
                for high in 0..<9 {
                    let proof = MembersProof(size: size, witnesses: [witness(1, as: low), witness(3, as: high)])
                    #expect(throws: ProofError.self) { try proof.verify(key(30), root: root(members)) }
                }
                let single = MembersProof(size: size, witnesses: [witness(3, as: low)])
                #expect(throws: ProofError.self) { try single.verify(key(30), root: root(members)) }
                #expect(throws: ProofError.self) { try single.verify(key(50), root: root(members)) }
            }
            let none = MembersProof(size: size, witnesses: [])
            #expect(throws: ProofError.self) { try none.verify(key(30), root: root(members)) }
        }
    }

    @Test func alteredMembersAreRefused() throws {
        let members = members(5)
        let proof = MembersProof(about: key(30), in: members)
        let witness = try #require(proof.witnesses.first)
        for altered in [
            MemberLeaf(key: key(30), role: 2, since: witness.member.since),
            MemberLeaf(key: key(30), role: witness.member.role, since: 99),
            MemberLeaf(key: key(31), role: witness.member.role, since: witness.member.since),
        ] where altered != witness.member {
            let other = MembersProof(
                size: 5, witnesses: [.init(member: altered, index: witness.index, path: witness.path)])
            #expect(throws: ProofError.self) { try other.verify(altered.key, root: root(members)) }
        }
    }
}
