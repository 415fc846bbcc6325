import Nostr

/// The log's own key, by which it signs its checkpoints: Ed25519, since signed-note has no secp256k1 (AUDIT.md).
public struct LogKey: Sendable {
    /// The secret: 32 bytes (RFC 8032).
    public let seed: [UInt8]
    /// The public key: 32 bytes.
    public let publicKey: [UInt8]

    /// The key of a seed; `nil` unless it has 32 bytes.
    public init?(seed: [UInt8]) {
        guard let publicKey = Ed25519.publicKey(seed: seed) else { return nil }
        self.seed = seed
        self.publicKey = publicKey
    }

    /// A new key.
    public static func generate() -> LogKey {
        guard let key = LogKey(seed: Randomness.bytes(Ed25519.seedSize)) else {
            preconditionFailure("libcrypto makes no Ed25519 keys")
        }
        return key
    }

    /// The signature of `message`: 64 bytes, the same each time.
    public func sign(_ message: [UInt8]) -> [UInt8] {
        guard let signature = Ed25519.sign(message, seed: seed) else {
            preconditionFailure("libcrypto does not sign with Ed25519")
        }
        return signature
    }

    /// The text by which others verify what this key signs for a log of that name: see `VerifierKey`.
    public func verifierKey(origin: String) -> String {
        VerifierKey(origin: origin, publicKey: publicKey).text
    }
}

extension LogKey: CustomStringConvertible {
    /// The public key; never the secret.
    public var description: String { "LogKey(\(Hex.encode(publicKey)))" }
}
