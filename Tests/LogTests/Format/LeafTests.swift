import Nostr
import Testing

@testable import Log

struct LeafTests {
    private let leaf = Leaf(
        type: .decision, flags: LeafFlags.erasable, schema: 3, seq: 7, time: 1_700_000_000_123_456, rules: 2,
        commitment: Samples.salt(1), membersRoot: Samples.salt(2), stateRoot: Samples.salt(3))

    @Test func aLeafHas124BytesAndComesBack() throws {
        #expect(leaf.encoded().count == 124)
        #expect(try Leaf(decoding: leaf.encoded()) == leaf)
    }

    @Test func aLeafIsHashedBehindAZeroByte() {
        #expect(leaf.hash == SHA256.hash([0] + leaf.encoded()))
    }

    @Test(arguments: [0, 1, 2, 3, 4, 5])
    func whatIsNoLeafIsRefused(_ offset: Int) {
        var bytes = leaf.encoded()
        bytes[offset] = 0xff
        #expect(throws: LogError.self) { try Leaf(decoding: bytes) }
    }

    @Test(arguments: [0, 1, 123, 125])
    func anotherLengthIsRefused(_ count: Int) {
        let bytes = Array((leaf.encoded() + [0]).prefix(count))
        #expect(throws: LogError.self) { try Leaf(decoding: bytes) }
    }

    @Test func anUnknownTypeIsNamedWithItsEntry() {
        var bytes = leaf.encoded()
        bytes[4] = 9
        #expect(throws: LogError.damaged(seq: 7, reason: "the leaf's type 9 is unknown")) { try Leaf(decoding: bytes) }
    }
}

struct CommitmentTests {
    @Test func theLengthIsPartOfWhatIsHashed() {
        let salt = Samples.salt(1)
        var expected = Array("nrl1 payload\n".utf8) + salt.bytes + [0, 0, 0, 3]
        expected += Array("abc".utf8)
        #expect(Commitment.of(payload: Array("abc".utf8), salt: salt) == SHA256.hash(expected))
    }

    @Test func outputSaltsDependOnTheInputsSaltAndTheIndex() {
        let salt = Samples.salt(1)
        let first = Commitment.outputSalt(input: salt, index: 1)
        #expect(first == [UInt8]([0, 0, 0, 1]).withUnsafeBytes { SHA256.authenticate($0, key: salt) })
        #expect(first != Commitment.outputSalt(input: salt, index: 2))
        #expect(first != Commitment.outputSalt(input: Samples.salt(2), index: 1))
    }
}

struct ChecksumTests {
    // Values of xxhsum 0.8 (XXH64).
    @Test(
        arguments: [
            ("", 0, 0xef46_db37_51d8_e999), ("a", 0, 0xd24e_c4f1_a98c_6e5b), ("abc", 0, 0x44bc_2cf5_ad77_0999),
            ("Nobody inspects the spammish repetition", 0, 0xfbce_a83c_8a37_8bf1),
        ] as [(String, UInt64, UInt64)])
    func xxh64GivesThePublishedValues(_ text: String, _ seed: UInt64, _ expected: UInt64) {
        #expect(Array(text.utf8).withUnsafeBytes { Checksum.xxh64($0, seed: seed) } == expected)
    }

    @Test func everyLengthAndSeedMatters() {
        let bytes = (0..<100).map { UInt8($0) }
        var seen: Set<UInt64> = []
        for count in 0...100 {
            for seed in 0..<3 as Range<UInt64> {
                seen.insert(bytes.withUnsafeBytes { Checksum.xxh64($0.slice(0..<count), seed: seed) })
            }
        }
        #expect(seen.count == 303)
    }
}
