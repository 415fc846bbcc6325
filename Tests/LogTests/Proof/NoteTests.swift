import Log
import Nostr
import Testing

struct NoteTests {
    private let key = LogKey.generate()
    private let checkpoint = Checkpoint(origin: "relay.example.com/mesh/1", size: 17, root: Samples.salt(1))
    private var verifier: VerifierKey { VerifierKey(origin: checkpoint.origin, publicKey: key.publicKey) }

    @Test func aSignedCheckpointVerifies() throws {
        let note = SignedNote.sign(checkpoint, key)
        #expect(try SignedNote(parsing: note.text) == note)
        #expect(try note.verified(by: verifier) == checkpoint)
    }

    @Test func signaturesAreTheSameEachTime() {
        #expect(SignedNote.sign(checkpoint, key) == SignedNote.sign(checkpoint, key))
        #expect(key.sign([1, 2, 3]) == LogKey(seed: key.seed)?.sign([1, 2, 3]))
    }

    @Test func anotherKeyOrNameDoesNotVerify() throws {
        let note = SignedNote.sign(checkpoint, key)
        let stranger = VerifierKey(origin: checkpoint.origin, publicKey: LogKey.generate().publicKey)
        #expect(throws: ProofError.self) { try note.verified(by: stranger) }
        let renamed = VerifierKey(origin: "relay.example.com/mesh/2", publicKey: key.publicKey)
        #expect(throws: ProofError.self) { try note.verified(by: renamed) }
    }

    @Test func aNoteAboutAnotherLogIsRefusedEvenIfSigned() throws {
        let other = Checkpoint(origin: "other.example.com/1", size: 1, root: Samples.salt(1))
        let body = other.text
        let line = "\u{2014} \(verifier.origin) \(Base64.encode(verifier.keyID + key.sign(Array(body.utf8))))\n"
        let note = try SignedNote(parsing: body + "\n" + line)
        #expect(throws: ProofError.self) { try note.verified(by: verifier) }
    }

    @Test func otherSignaturesAreKeptAndPassedOver() throws {
        let witness = "\u{2014} witness.example/w1 \(Base64.encode([1, 2, 3, 4] + [UInt8](repeating: 7, count: 72)))\n"
        let text = SignedNote.sign(checkpoint, key).text + witness
        let note = try SignedNote(parsing: text)
        #expect(note.signatures.count == 2)
        #expect(note.text == text)
        #expect(try note.verified(by: verifier) == checkpoint)
    }

    @Test(arguments: [
        "", "\n", "a\n", "a\n\n", "a\n\nb\n", "a\n\n\u{2014} name\n", "a\n\n\u{2014} name !!!!\n",
        "a\n\n\u{2014} name AAAA\n",
        "a\n\n- name AAAAAAAA\n", "a\n\n\u{2014}  AAAAAAAA\n", "a\n\n\u{2014} name AAAAAAAA",
        "a\r\n\r\n\u{2014} name AAAAAAAA\r\n",
    ])
    func whatIsNoNoteIsRefused(_ text: String) {
        #expect(throws: ProofError.self) { try SignedNote(parsing: text) }
    }

    @Test func aNoteWithTooManySignaturesIsRefused() {
        let line = "\u{2014} name \(Base64.encode([UInt8](repeating: 1, count: 68)))\n"
        let lines = String(repeating: line, count: SignedNote.maximumSignatures + 1)
        #expect(throws: ProofError.self) { try SignedNote(parsing: "a\n\n" + lines) }
    }

    @Test(arguments: [
        "", "a\n", "a\n1\n", "a\n01\n\(Base64.encode(MerkleTree.emptyRoot.bytes))\n",
        "a\n-1\n\(Base64.encode(MerkleTree.emptyRoot.bytes))\n",
        "a\n1\nAAAA\n", "a b\n1\n\(Base64.encode(MerkleTree.emptyRoot.bytes))\n",
        "\n1\n\(Base64.encode(MerkleTree.emptyRoot.bytes))\n",
        "a\n18446744073709551616\n\(Base64.encode(MerkleTree.emptyRoot.bytes))\n",
        "a\n1\n\(Base64.encode(MerkleTree.emptyRoot.bytes))",
    ])
    func whatIsNoCheckpointIsRefused(_ text: String) {
        #expect(throws: ProofError.self) { try Checkpoint(parsing: text) }
    }
}

struct KeyTests {
    // RFC 8032 section 7.1, test 2.
    @Test func ed25519GivesTheSignaturesOfTheRFC() throws {
        let seed = try #require(Hex.decode("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
        let key = try #require(LogKey(seed: seed))
        #expect(Hex.encode(key.publicKey) == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
        let signature =
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        #expect(Hex.encode(key.sign([0x72])) == signature)
        #expect(VerifierKey(origin: "a", publicKey: key.publicKey).verify([0x72], key.sign([0x72])))
        #expect(!VerifierKey(origin: "a", publicKey: key.publicKey).verify([0x73], key.sign([0x72])))
    }

    @Test(arguments: [0, 31, 33, 64])
    func aSeedOfAnotherLengthIsRefused(_ count: Int) {
        #expect(LogKey(seed: [UInt8](repeating: 1, count: count)) == nil)
    }

    @Test func aKeyIsNotPrintedWithItsSecret() {
        let key = LogKey.generate()
        #expect(!"\(key)".contains(Hex.encode(key.seed)))
    }

    @Test func verifierKeysComeBack() throws {
        let key = LogKey.generate()
        let text = key.verifierKey(origin: "relay.example.com/mesh/1")
        #expect(try VerifierKey(parsing: text).text == text)
        #expect(try VerifierKey(parsing: text).publicKey == key.publicKey)
    }

    @Test(arguments: [
        "", "a", "a+b", "a+00000000+AQ==", "+00000000+AQ==", "a+00000000", "a+0000000g+AQ==",
        "relay.example.com/mesh/1+00303d7e+Ad7zROlMjaA6+wBasXdgRE4OiEkGYLn8nPP7TTNqgDLr",
        "relay.example.com/mesh/2+00303d7f+Ad7zROlMjaA6+wBasXdgRE4OiEkGYLn8nPP7TTNqgDLr",
        "relay.example.com/mesh/1+00303d7f+At7zROlMjaA6+wBasXdgRE4OiEkGYLn8nPP7TTNqgDLr",
        "relay.example.com/mesh/1+00303d7f+Ad7zROlMjaA6+wBasXdgRE4OiEkGYLn8nPP7TTNqgDL",
        "relay.example.com/mesh/1 +00303d7f+Ad7zROlMjaA6+wBasXdgRE4OiEkGYLn8nPP7TTNqgDLr",
    ])
    func whatIsNoVerifierKeyIsRefused(_ text: String) {
        #expect(throws: ProofError.self) { try VerifierKey(parsing: text) }
    }
}

struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func theExamplesOfTheRFCComeOut(_ bytes: String, _ text: String) {
        #expect(Base64.encode(Array(bytes.utf8)) == text)
        #expect(Base64.decode(text) == Array(bytes.utf8))
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "=", "====", "Z===", "Zm9v\n", " Zm9v", "Zm-_", "Zm9v====",
    ])
    func otherSpellingsAreRefused(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
