import Testing

@testable import Nostr

@Suite("Secret key")
struct SecretKeyTests {
    private static let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"

    @Test("Zero, the order and what is above are refused; one below is a key")
    func range() throws {
        #expect(SecretKey([UInt8](repeating: 0, count: 32)) == nil)
        #expect(SecretKey([UInt8](repeating: 0xff, count: 32)) == nil)
        var bytes = try #require(Hex.decode(Self.order))
        #expect(SecretKey(bytes) == nil)
        bytes[31] -= 1
        #expect(SecretKey(bytes) != nil)
        #expect(SecretKey([1]) == nil)
        #expect(SecretKey([UInt8](repeating: 1, count: 33)) == nil)
        #expect(throws: KeyError.notASecretKey) { try SecretKey(parsing: Self.order) }
    }

    @Test("It is read as hex of either case and as nsec, and gives itself back")
    func parsing() throws {
        let key = Samples.key(7)
        #expect(key.secretBytes == [UInt8](repeating: 0, count: 31) + [7])
        let hex = Hex.encode(key.secretBytes)
        for text in [hex, hex.uppercased(), key.nsec, key.nsec.uppercased()] {
            #expect(try SecretKey(parsing: text).publicKey == key.publicKey)
        }
    }

    @Test("A public key given by mistake is named, an unreadable one is not quoted")
    func mistakes() {
        let npub = Samples.alice.publicKey.npub
        let error = #expect(throws: KeyError.self) { try SecretKey(parsing: npub) }
        #expect(error?.message == "this is npub1…; expected a secret key: nsec1… or 64 hex digits")
        let secret = Samples.alice.nsec.dropLast() + "x"
        for text in ["", "hunter2", String(secret), " " + Samples.alice.nsec] {
            let error = #expect(throws: KeyError.self) { try SecretKey(parsing: text) }
            #expect(text.isEmpty || error?.message.contains(text) == false)
        }
    }

    @Test("The secret is never printed")
    func redaction() {
        let key = Samples.key(7)
        let hex = Hex.encode(key.secretBytes)
        for text in ["\(key)", String(describing: key), String(reflecting: key), "\(Optional(key) as Any)", "\([key])"]
        {
            #expect(!text.contains(hex))
            #expect(!text.contains(key.nsec))
            #expect(text.contains(key.publicKey.npub))
        }
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!dumped.contains(hex))
        #expect(dumped.contains(key.publicKey.hex))
    }

    @Test("Generated keys differ and work")
    func generation() {
        let one = SecretKey.generate()
        let two = SecretKey.generate()
        #expect(one.publicKey != two.publicKey)
        let message = SHA256.hash([])
        #expect(Signatures.verify(one.sign(message), message: message, key: one.publicKey))
    }

    @Test("Random bytes come in the count asked for, and not twice the same")
    func randomness() {
        #expect(Randomness.bytes(0).isEmpty)
        #expect(Randomness.bytes(17).count == 17)
        #expect(Randomness.bytes32() != Randomness.bytes32())
    }
}
