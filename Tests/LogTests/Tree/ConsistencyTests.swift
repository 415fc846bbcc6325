import Nostr
import Testing

@testable import Log

/// RFC 6962 section 2.1.2 word for word, to compare with.
private enum Reference {
    static func root(_ hashes: ArraySlice<Bytes32>) -> Bytes32 { MerkleTree.root(of: Array(hashes)) }

    static func proof(_ old: Int, _ hashes: ArraySlice<Bytes32>) -> [Bytes32] { subproof(old, hashes, true) }

    private static func subproof(_ old: Int, _ hashes: ArraySlice<Bytes32>, _ isWhole: Bool) -> [Bytes32] {
        guard old < hashes.count else { return isWhole ? [] : [root(hashes)] }
        var half = 1
        while half * 2 < hashes.count { half *= 2 }
        if old <= half { return subproof(old, hashes.prefix(half), isWhole) + [root(hashes.dropFirst(half))] }
        return subproof(old - half, hashes.dropFirst(half), false) + [root(hashes.prefix(half))]
    }
}

struct ConsistencyTests {
    private let hashes = (0..<40).map { Samples.salt(UInt64($0)) }

    private func root(_ size: Int) -> Bytes32 { MerkleTree.root(of: Array(hashes.prefix(size))) }

    private func holds(_ old: Int, _ oldRoot: Bytes32, _ new: Int, _ newRoot: Bytes32, _ proof: [Bytes32]) -> Bool {
        MerkleTree.verifyConsistency(
            oldSize: UInt64(old), oldRoot: oldRoot, newSize: UInt64(new), newRoot: newRoot, proof: proof)
    }

    @Test func proofsAreThoseOfTheRFCAndHold() {
        for new in 1...40 {
            for old in 1...new {
                let proof = MerkleTree.consistencyProof(from: old, in: Array(hashes.prefix(new)))
                #expect(proof == Reference.proof(old, hashes.prefix(new)))
                #expect(holds(old, root(old), new, root(new), proof))
            }
        }
    }

    @Test func everyTreeBeginsWithTheEmptyOne() {
        #expect(MerkleTree.consistencyProof(from: 0, in: hashes).isEmpty)
        #expect(holds(0, MerkleTree.emptyRoot, 40, root(40), []))
        #expect(!holds(0, root(1), 40, root(40), []))
        #expect(!holds(0, MerkleTree.emptyRoot, 40, root(40), [root(1)]))
    }

    @Test func alteredProofsAreRefused() {
        for new in 2...24 {
            for old in 1..<new {
                let proof = MerkleTree.consistencyProof(from: old, in: Array(hashes.prefix(new)))
                for position in proof.indices {
                    var other = proof
                    other[position] = Samples.salt(999)
                    #expect(!holds(old, root(old), new, root(new), other))
                }
                #expect(!holds(old, root(old), new, root(new), Array(proof.dropLast())))
                #expect(!holds(old, root(old), new, root(new), proof + [Samples.salt(1)]))
                #expect(!holds(old, Samples.salt(998), new, root(new), proof))
                #expect(!holds(old, root(old), new, Samples.salt(998), proof))
                #expect(!holds(new, root(new), old, root(old), proof))
            }
        }
    }

    @Test func aHistoryThatWasRewrittenHasNoProof() {
        var forged = hashes
        forged[3] = Samples.salt(777)
        let newRoot = MerkleTree.root(of: forged)
        for old in 4...40 {
            for leaves in [hashes, forged] {
                let proof = MerkleTree.consistencyProof(from: old, in: leaves)
                #expect(!holds(old, root(old), 40, newRoot, proof))
            }
        }
    }

    @Test func aLogGivesTheProofsOfItsLeaves() throws {
        let directory = try TemporaryDirectory()
        let log = try EventLog.make(directory.path)
        let placed = try log.append((0..<600).map { Samples.draft("entry \($0)", salt: UInt64($0)) })
        let leaves = placed.map(\.leafHash)
        try log.read { reader throws in
            for (old, new) in [(0, 600), (1, 1), (1, 2), (255, 256), (256, 257), (256, 600), (300, 512), (511, 600)] {
                let proof = try reader.consistencyProof(from: UInt64(old), to: UInt64(new))
                #expect(proof == MerkleTree.consistencyProof(from: old, in: Array(leaves.prefix(new))))
            }
            #expect(throws: LogError.self) { try reader.consistencyProof(from: 2, to: 1) }
            #expect(throws: LogError.self) { try reader.consistencyProof(from: 1, to: 601) }
        }
    }
}
