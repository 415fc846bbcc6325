import Testing

@testable import Nostr

/// BIP-340's own test vectors (bitcoin/bips, bip-0340/test-vectors.csv, with messages of 32 bytes, which are all that
/// Nostr signs).
@Suite("BIP-340")
struct BIP340Tests {
    struct Vector: CustomTestStringConvertible {
        let index: String
        let secret: [UInt8]?
        let key: PublicKey
        let auxiliary: [UInt8]
        let message: Bytes32
        let signature: Signature
        let isValid: Bool
        let comment: String

        var testDescription: String { "vector \(index) \(comment)" }
    }

    static func vectors() throws -> [Vector] {
        try VectorFiles.lines("bip340.csv").dropFirst().map { line in
            let columns = line.split(separator: ",", maxSplits: 7, omittingEmptySubsequences: false)
                .map { String($0) }
            func bytes(_ column: Int) throws -> [UInt8] { try #require(Hex.decode(columns[column].lowercased())) }
            let key = try bytes(2)
            let message = try bytes(4)
            let signature = try bytes(5)
            return Vector(
                index: columns[0], secret: columns[1].isEmpty ? nil : try bytes(1), key: try #require(Bytes32(key)),
                auxiliary: try bytes(3), message: try #require(Bytes32(message)),
                signature: try #require(Signature(signature)), isValid: columns[6] == "TRUE", comment: columns[7])
        }
    }

    @Test("Each signature is judged as the vector says")
    func verification() throws {
        let vectors = try Self.vectors()
        #expect(vectors.count == 15)
        for vector in vectors {
            let isValid = Signatures.verify(vector.signature, message: vector.message, key: vector.key)
            #expect(isValid == vector.isValid, "\(vector.testDescription)")
        }
    }

    @Test("Each secret key has the vector's public key")
    func publicKeys() throws {
        for vector in try Self.vectors() {
            guard let secret = vector.secret else { continue }
            #expect(SecretKey(secret)?.publicKey == vector.key, "\(vector.testDescription)")
        }
    }

    @Test("With zero auxiliary randomness, which is what this relay uses, the signature is the vector's")
    func signing() throws {
        let zeros = [UInt8](repeating: 0, count: 32)
        var count = 0
        for vector in try Self.vectors() where vector.auxiliary == zeros {
            let secret = try #require(vector.secret)
            let key = try #require(SecretKey(secret))
            #expect(key.sign(vector.message) == vector.signature, "\(vector.testDescription)")
            count += 1
        }
        #expect(count == 1)
    }

    @Test("Keys that are no points are known as such")
    func points() throws {
        let vectors = try Self.vectors()
        #expect(!vectors[5].key.isValidPoint)
        #expect(!vectors[14].key.isValidPoint)
        #expect(vectors[0].key.isValidPoint)
        #expect(!PublicKey.zero.isValidPoint)
    }

    @Test("A signature holds for one message, one key and one signature only")
    func bindings() throws {
        let message = SHA256.hash([1])
        let signature = Samples.alice.sign(message)
        #expect(Signatures.verify(signature, message: message, key: Samples.alice.publicKey))
        #expect(!Signatures.verify(signature, message: message, key: Samples.bob.publicKey))
        #expect(!Signatures.verify(signature, message: SHA256.hash([2]), key: Samples.alice.publicKey))
        for bit in 0..<512 {
            var bytes = signature.bytes
            bytes[bit / 8] ^= 1 << (bit % 8)
            let changed = try #require(Signature(bytes))
            #expect(!Signatures.verify(changed, message: message, key: Samples.alice.publicKey), "bit \(bit)")
        }
    }

    @Test("The one context serves many threads at once")
    func concurrency() async {
        await withTaskGroup(of: Bool.self) { group in
            for number in UInt8(1)...8 {
                group.addTask {
                    let key = Samples.key(number)
                    return (0..<50).allSatisfy { round in
                        let message = SHA256.hash([number, UInt8(round)])
                        let signature = key.sign(message)
                        return signature == key.sign(message)
                            && Signatures.verify(signature, message: message, key: key.publicKey)
                    }
                }
            }
            for await isGood in group { #expect(isGood) }
        }
    }
}
