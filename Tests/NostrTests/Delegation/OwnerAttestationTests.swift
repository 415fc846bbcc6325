import Testing

@testable import Nostr

/// The vectors of NIP-OA, and what they leave out.
@Suite("Owner attestation (NIP-OA)")
struct OwnerAttestationTests {
    /// The keys of the specification: owner 1, author 2.
    let owner = Samples.alice
    let author = Samples.bob

    static let conditions = "kind=1&created_at<1713957000"
    static let signature =
        "8b7df2575caf0a108374f8471722b233c53f9ff827a8b0f91861966c3b9dd5cb"
        + "2e189eae9f49d72187674c2f5bd244145e10ff86c9f257ffe65a1ee5f108b369"
    static let event = """
        {"id":"d892a65e7677e0554ebb70ee16deeb6a0727dba46450fb4bc001291d7bff971b",\
        "pubkey":"c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5","created_at":1713956400,"kind":1,\
        "tags":[["auth","79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",\
        "kind=1&created_at<1713957000","\(signature)"]],"content":"owner-attested agent event",\
        "sig":"7fd38992b70b5e9e113644e51b4c8ee2227f3bdd402b1855f8786c0600394ab3\
        ec2621742a7bad0b0000b93d4d1ae6e39525f286a3c1029f43f46c3359a6c76f"}
        """

    /// The tag that the owner gives for some conditions, whatever they are.
    func tag(_ conditions: Text, by key: SecretKey? = nil, for pubkey: PublicKey? = nil) -> [Text] {
        let key = key ?? owner
        let message = Self.message(author: pubkey ?? author.publicKey, conditions: conditions)
        return ["auth", Text(key.publicKey.hex), conditions, Text(key.sign(message).hex)]
    }

    func event(_ tags: [[Text]], kind: UInt16 = 1, at time: Int64 = 1_713_956_400) -> Event {
        Samples.event(by: author, at: time, kind: kind, tags: tags)
    }

    func fault(_ tags: [[Text]], kind: UInt16 = 1, at time: Int64 = 1_713_956_400) -> String? {
        do throws(OwnerAttestationError) {
            _ = try OwnerAttestation.verified(in: event(tags, kind: kind, at: time))
            return nil
        } catch {
            return error.message
        }
    }

    /// What the owner signs for `author` and these conditions.
    static func message(author: PublicKey, conditions: Text) -> Bytes32 {
        SHA256.hash(Array("nostr:agent-auth:\(author.hex):".utf8) + conditions.utf8)
    }

    @Test("The specification's preimage, hash and signature")
    func vector() throws {
        let message = Self.message(author: author.publicKey, conditions: Text(Self.conditions))
        #expect(message.hex == "08cdecd55af4c28d3801fd69615dcf5cc04fab3bc134b38a840bf157197069a6")
        let signature = try #require(Signature(hex: Self.signature))
        #expect(Signatures.verify(signature, message: message, key: owner.publicKey))
    }

    @Test("The specification's signed event")
    func signedEvent() throws {
        let attestation = try #require(try OwnerAttestation.verified(in: Event.parse(Array(Self.event.utf8))))
        #expect(attestation.owner == owner.publicKey)
    }

    @Test("An event without the tag has no attestation")
    func absent() throws {
        #expect(try OwnerAttestation.verified(in: event([["p", "x"], ["authority", "y"], []])) == nil)
    }

    @Test("Two tags are none, even when both are good")
    func severalTags() {
        #expect(fault([tag(""), tag("")]) == "there is more than one auth tag")
        #expect(fault([tag(""), ["auth"]]) == "there is more than one auth tag")
    }

    @Test("Exactly four elements")
    func elementCount() {
        let good = tag("")
        for count in 1...3 { #expect(fault([Array(good.prefix(count))]) == "it does not have four elements") }
        #expect(fault([good + [""]]) == "it does not have four elements")
    }

    @Test("Lower-case hex of the right length")
    func hex() {
        var upper = tag("")
        upper[1] = Text(upper[1].string.uppercased())
        #expect(fault([upper]) == "its owner is no public key of 64 lower-case hex characters")
        var short = tag("")
        short[1] = Text(String(short[1].string.dropLast()))
        #expect(fault([short]) == "its owner is no public key of 64 lower-case hex characters")
        var signature = tag("")
        signature[3] = Text(signature[3].string.uppercased())
        #expect(fault([signature]) == "its signature is not 128 lower-case hex characters")
        signature[3] = ""
        #expect(fault([signature]) == "its signature is not 128 lower-case hex characters")
    }

    @Test(
        "Conditions that cannot be read are refused, though they are signed",
        arguments: [
            "kind=1&", "&kind=1", "kind=1&&kind=1", "&", "kind=01", "kind=00", "kind=", "kind=-1", "kind=+1", "kind=1 ",
            " kind=1", "kind=65536", "kind=99999999999999999999", "Kind=1", "kind<1", "kind>1", "kind", "kind=1,2",
            "created_at=5", "created_at<", "created_at<4294967296", "created_at>4294967296", "created_at<01",
            "created_at>=1", "created_at<1e3", "created_at<1713957000\u{e9}", "kind=١", "subject=x", "kind=0x1",
        ])
    func grammar(text: String) {
        #expect(fault([tag(Text(text))]) == "its conditions are not understood")
    }

    @Test("The ends of the ranges are in them")
    func ranges() {
        #expect(fault([tag("kind=0")], kind: 0) == nil)
        #expect(fault([tag("kind=65535")], kind: 65_535) == nil)
        #expect(fault([tag("created_at<4294967295&created_at>0")]) == nil)
        #expect(fault([tag("created_at<0")]) == "the event does not meet its condition created_at<0")
    }

    @Test("Every clause is evaluated, and both comparisons are strict")
    func evaluation() {
        #expect(fault([tag("kind=1&kind=2")]) == "the event does not meet its condition kind=2")
        #expect(fault([tag("kind=7")]) == "the event does not meet its condition kind=7")
        #expect(fault([tag("created_at<100")], at: 100) == "the event does not meet its condition created_at<100")
        #expect(fault([tag("created_at<100")], at: 99) == nil)
        #expect(fault([tag("created_at>100")], at: 100) == "the event does not meet its condition created_at>100")
        #expect(fault([tag("created_at>100")], at: 101) == nil)
        #expect(
            fault([tag("kind=1&created_at>100&created_at<90")], at: 101)
                == "the event does not meet its condition created_at<90")
    }

    @Test("Nobody attests itself")
    func selfAttestation() {
        #expect(fault([tag("", by: author)]) == "its owner is the event's author")
    }

    @Test("The signature is the owner's, for this author and these conditions in this order")
    func signatures() {
        var forged = tag("kind=1")
        forged[2] = ""
        #expect(fault([forged]) == "its signature is not the owner's")
        forged = tag("kind=1&created_at>5")
        forged[2] = "created_at>5&kind=1"
        #expect(fault([forged]) == "its signature is not the owner's")
        #expect(fault([tag("", for: Samples.key(3).publicKey)]) == "its signature is not the owner's")
        forged = tag("")
        forged[1] = Text(Samples.key(3).publicKey.hex)
        #expect(fault([forged]) == "its signature is not the owner's")
        forged[1] = Text(String(repeating: "f", count: 64))
        #expect(fault([forged]) == "its signature is not the owner's", "no point of the curve")
    }

    @Test("No more conditions are read than the limit allows")
    func size() {
        let most = OwnerAttestation.maximumConditionBytes
        let clauses = Array(repeating: "kind=1", count: (most + 1) / 7).joined(separator: "&")
        #expect(fault([tag(Text(clauses))]) == nil)
        #expect(fault([tag(Text(clauses + "&kind=1"))]) == "its conditions have more than \(most) bytes")
    }
}
