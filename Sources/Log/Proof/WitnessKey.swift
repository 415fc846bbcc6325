/// What it takes to verify a witness's cosignatures: its name and its public key (C2SP tlog-cosignature, Ed25519).
public struct WitnessKey: Hashable, Sendable {
    /// signed-note's byte for timestamped Ed25519 cosignatures of checkpoints.
    static let timestampedEd25519: UInt8 = 0x04

    /// The witness's name.
    public let name: String
    /// The Ed25519 public key: 32 bytes.
    public let publicKey: [UInt8]

    /// The key of a witness of that name.
    public init(name: String, publicKey: [UInt8]) {
        self.name = name
        self.publicKey = publicKey
    }

    /// Reads the text: the name, "+", the key id in hex, "+", base64 of the byte 04 and the key.
    public init(parsing text: String) throws(ProofError) {
        let key = try KeyText(
            parsing: text, algorithm: WitnessKey.timestampedEd25519,
            purpose: "the cosignatures of a witness (type 04, Ed25519)")
        self.init(name: key.name, publicKey: key.publicKey)
    }

    private var key: KeyText {
        KeyText(name: name, algorithm: WitnessKey.timestampedEd25519, publicKey: publicKey)
    }

    /// The first four bytes of SHA-256(name ‖ 0A ‖ 04 ‖ key).
    public var keyID: [UInt8] { key.keyID }

    /// The text.
    public var text: String { key.text }
}

extension WitnessKey: CustomStringConvertible {
    /// The text.
    public var description: String { text }
}
