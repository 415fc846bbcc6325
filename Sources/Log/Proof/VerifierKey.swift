/// What it takes to verify a log's notes: its name and its public key (C2SP signed-note, "Verifier keys").
///
/// As a text: the name, "+", the key id in hex, "+", base64 of the algorithm's byte and the key.
public struct VerifierKey: Equatable, Sendable {
    /// signed-note's byte for Ed25519.
    static let ed25519: UInt8 = 0x01

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
        let key = try KeyText(
            parsing: text, algorithm: VerifierKey.ed25519, purpose: "Ed25519, which is what logs of this kind sign with"
        )
        self.init(origin: key.name, publicKey: key.publicKey)
    }

    private var key: KeyText { KeyText(name: origin, algorithm: VerifierKey.ed25519, publicKey: publicKey) }

    /// The first four bytes of SHA-256(name ‖ 0A ‖ 01 ‖ key).
    public var keyID: [UInt8] { key.keyID }

    /// The text.
    public var text: String { key.text }

    /// Whether the signature of `message` is by this key.
    public func verify(_ message: [UInt8], _ signature: [UInt8]) -> Bool {
        Ed25519.verify(message, signature: signature, publicKey: publicKey)
    }
}

extension VerifierKey: CustomStringConvertible {
    /// The text.
    public var description: String { text }
}
