import Nostr
import Testing

@testable import Log

/// RFC 6962 section 2.1 word for word, to compare with.
private enum Reference {
    static func root(_ hashes: ArraySlice<Bytes32>) -> Bytes32 {
        guard let first = hashes.first else { return SHA256.hash([]) }
        guard hashes.count > 1 else { return first }
        var half = 1
        while half * 2 < hashes.count { half *= 2 }
        let left = root(hashes.prefix(half))
        let right = root(hashes.dropFirst(half))
        return SHA256.hash([1] + left.bytes + right.bytes)
    }

    static func path(_ index: Int, _ hashes: ArraySlice<Bytes32>) -> [Bytes32] {
        guard hashes.count > 1 else { return [] }
        var half = 1
        while half * 2 < hashes.count { half *= 2 }
        if index < half { return path(index, hashes.prefix(half)) + [root(hashes.dropFirst(half))] }
        return path(index - half, hashes.dropFirst(half)) + [root(hashes.prefix(half))]
    }
}

struct MerkleTreeTests {
    private let hashes = (0..<70).map { Samples.salt(UInt64($0)) }

    @Test func rootsAreThoseOfTheRFC() {
        for count in 0...70 {
            #expect(MerkleTree.root(of: Array(hashes.prefix(count))) == Reference.root(hashes.prefix(count)))
        }
    }

    @Test func theEmptyRootIsTheHashOfNothing() {
        #expect(MerkleTree.emptyRoot.hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(Frontier().root == MerkleTree.emptyRoot)
    }

    @Test func inclusionProofsAreThoseOfTheRFCAndHold() {
        for count in 1...40 {
            let leaves = Array(hashes.prefix(count))
            let root = MerkleTree.root(of: leaves)
            for index in 0..<count {
                let proof = MerkleTree.inclusionProof(of: index, in: leaves)
                #expect(proof == Reference.path(index, leaves[...]))
                #expect(
                    MerkleTree.verifyInclusion(
                        leafHash: leaves[index], index: UInt64(index), size: UInt64(count), proof: proof, root: root))
            }
        }
    }

    @Test func alteredInclusionProofsAreRefused() {
        let leaves = Array(hashes.prefix(23))
        let root = MerkleTree.root(of: leaves)
        for index in 0..<23 {
            let proof = MerkleTree.inclusionProof(of: index, in: leaves)
            func holds(_ hash: Bytes32, _ index: UInt64, _ size: UInt64, _ proof: [Bytes32]) -> Bool {
                MerkleTree.verifyInclusion(leafHash: hash, index: index, size: size, proof: proof, root: root)
            }
            for position in proof.indices {
                var other = proof
                other[position] = Samples.salt(999)
                #expect(!holds(leaves[index], UInt64(index), 23, other))
            }
            #expect(!holds(leaves[index], UInt64(index), 23, Array(proof.dropLast())))
            #expect(!holds(leaves[index], UInt64(index), 23, proof + [Samples.salt(1)]))
            #expect(!holds(Samples.salt(998), UInt64(index), 23, proof))
            for other in 0..<30 where other != index {
                #expect(!holds(leaves[index], UInt64(other), 23, proof))
            }
            #expect(!holds(leaves[index], UInt64(index), 0, proof))
        }
    }

    @Test func aFrontierComesBackFromItsBytes() {
        var frontier = Frontier()
        for hash in hashes {
            #expect(Frontier(decoding: frontier.encoded) == frontier)
            frontier.append(hash)
        }
    }

    @Test func aFrontierWithTheWrongNumberOfHashesIsRefused() {
        var frontier = Frontier()
        for hash in hashes.prefix(5) { frontier.append(hash) }
        #expect(Frontier(decoding: Array(frontier.encoded.dropLast())) == nil)
        #expect(Frontier(decoding: frontier.encoded + [0]) == nil)
        #expect(Frontier(decoding: Array(frontier.encoded.dropLast(32))) == nil)
        #expect(Frontier(decoding: []) == nil)
    }
}
