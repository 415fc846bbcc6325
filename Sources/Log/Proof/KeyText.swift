import Nostr

/// The text of a key of signed-note ("Verifier keys"): the name, "+", the key id in hex, "+", base64 of the algorithm's
/// byte and the key. Here always with an Ed25519 key, which logs and witnesses use in different ways.
struct KeyText {
    /// Bytes of a key id.
    static let keyIDSize = 4

    let name: String
    let algorithm: UInt8
    let publicKey: [UInt8]

    init(name: String, algorithm: UInt8, publicKey: [UInt8]) {
        self.name = name
        self.algorithm = algorithm
        self.publicKey = publicKey
    }

    /// Reads the text of a key for `algorithm`.
    ///
    /// - Parameter purpose: says what such a key is for, for the message when it is one for something else.
    init(parsing text: String, algorithm: UInt8, purpose: String) throws(ProofError) {
        // The name cannot have a "+", but base64 can.
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, KeyText.isName(String(parts[0])), let keyID = Hex.decode(parts[1]),
            let key = Base64.decode(parts[2])
        else {
            throw ProofError("this is no verifier key: expected name+id+key, the id in hex and the key in base64")
        }
        guard key.first == algorithm, key.count == 1 + Ed25519.publicKeySize else {
            throw ProofError("this verifier key is not for \(purpose)")
        }
        self.init(name: String(parts[0]), algorithm: algorithm, publicKey: Array(key.dropFirst()))
        guard keyID == self.keyID else {
            throw ProofError("the verifier key's id does not belong to its name and key: it was mistyped or altered")
        }
    }

    /// The first four bytes of SHA-256(name ‖ 0A ‖ algorithm ‖ key).
    var keyID: [UInt8] {
        var hasher = SHA256()
        hasher.update(Array(name.utf8))
        hasher.update(byte: 0x0a)
        hasher.update(byte: algorithm)
        hasher.update(publicKey)
        return Array(hasher.finalize().bytes.prefix(KeyText.keyIDSize))
    }

    var text: String { "\(name)+\(Hex.encode(keyID))+\(Base64.encode([algorithm] + publicKey))" }

    /// Whether a note can be signed under this name: not empty, no white space, no "+" (signed-note).
    static func isName(_ name: String) -> Bool {
        !name.isEmpty && !name.unicodeScalars.contains { $0.properties.isWhitespace || $0 == "+" || $0.value < 0x20 }
    }
}
