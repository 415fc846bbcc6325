import Testing

@testable import Nostr

@Suite("SHA-256")
struct SHA256Tests {
    @Test("FIPS 180-4's examples")
    func examples() {
        #expect(
            SHA256.hash(Array("abc".utf8)).hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(SHA256.hash([]).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("Pieces hash like the whole")
    func pieces() {
        var hasher = SHA256()
        hasher.update("ab")
        hasher.update(byte: 0x63)
        hasher.update(bigEndian: UInt32(0x6465_6667))
        #expect(hasher.finalize() == SHA256.hash(Array("abcdefg".utf8)))
    }

    @Test("HMAC-SHA-256 of RFC 4231, case 2 with its key padded by zeros")
    func authentication() throws {
        let key = try #require(Bytes32(Array("Jefe".utf8) + [UInt8](repeating: 0, count: 28)))
        let message = Array("what do ya want for nothing?".utf8)
        let code = message.withUnsafeBytes { SHA256.authenticate($0, key: key) }
        #expect(code.hex == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }
}
