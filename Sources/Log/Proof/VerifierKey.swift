import Nostr

/// What it takes to verify a log's notes: its name and its public key (C2SP signed-note, "Verifier keys").
///
/// As a text: the name, "+", the key id in hex, "+", base64 of the algorithm's byte and the key.
public struct VerifierKey: Equatable, Sendable {
    /// signed-note's byte for Ed25519.
    static let ed25519: UInt8 = 0x01
    /// Bytes of a key id.
    static let keyIDSize = 4

    /// The log's name: a URL without scheme, "/" and the epoch.
    public let origin: String
    /// The Ed25519 public key: 32 bytes.
    public let publicKey: [UInt8]

    /// The key of a log of that name.
    public init(origin: String, publicKey: [UInt8]) {
        self.origin = origin
        self.publicKey = publicKey
    }

    /// Reads the text.
    public init(parsing text: String) throws(ProofError) {
        // The name cannot have a "+", but base64 can.
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, VerifierKey.isName(String(parts[0])), let keyID = Hex.decode(parts[1]),
            let key = Base64.decode(parts[2])
        else {
            throw ProofError("this is no verifier key: expected name+id+key, the id in hex and the key in base64")
        }
        guard key.first == VerifierKey.ed25519, key.count == 1 + Ed25519.publicKeySize else {
            throw ProofError("this verifier key is not for Ed25519, which is what logs of this kind sign with")
        }
        self.init(origin: String(parts[0]), publicKey: Array(key.dropFirst()))
        guard keyID == self.keyID else {
            throw ProofError("the verifier key's id does not belong to its name and key: it was mistyped or altered")
        }
    }

    /// The first four bytes of SHA-256(name ‖ 0A ‖ 01 ‖ key).
    public var keyID: [UInt8] {
        var hasher = SHA256()
        hasher.update(Array(origin.utf8))
        hasher.update(byte: 0x0a)
        hasher.update(byte: VerifierKey.ed25519)
        hasher.update(publicKey)
        return Array(hasher.finalize().bytes.prefix(VerifierKey.keyIDSize))
    }

    /// The text.
    public var text: String {
        "\(origin)+\(Hex.encode(keyID))+\(Base64.encode([VerifierKey.ed25519] + publicKey))"
    }

    /// Whether the signature of `message` is by this key.
    public func verify(_ message: [UInt8], _ signature: [UInt8]) -> Bool {
        Ed25519.verify(message, signature: signature, publicKey: publicKey)
    }

    /// Whether a note can be signed under this name: not empty, no white space, no "+" (signed-note).
    static func isName(_ name: String) -> Bool {
        !name.isEmpty && !name.unicodeScalars.contains { $0.properties.isWhitespace || $0 == "+" }
    }
}

extension VerifierKey: CustomStringConvertible {
    /// The text.
    public var description: String { text }
}
