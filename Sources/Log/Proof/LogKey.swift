import CLibCrypto
import Nostr

/// The log's own Ed25519 key (RFC 8032), by libcrypto. Signed notes have no type for secp256k1, so the log has this one
/// beside the relay's key (AUDIT.md, "Why a tree, and why these formats").
public struct LogKey: Sendable {
    /// The 32 bytes from which the key is made: the secret itself.
    public let seed: [UInt8]
    /// The public key.
    public let publicKey: [UInt8]

    /// The key of a seed; `nil` unless there are 32 bytes.
    public init?(seed: [UInt8]) {
        guard seed.count == 32, let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else {
            return nil
        }
        defer { EVP_PKEY_free(key) }
        var output = [UInt8](repeating: 0, count: 32)
        var count = output.count
        guard EVP_PKEY_get_raw_public_key(key, &output, &count) == 1, count == 32 else { return nil }
        self.seed = seed
        publicKey = output
    }

    /// A new random key.
    public static func generate() -> LogKey {
        guard let key = LogKey(seed: Randomness.bytes32().bytes) else {
            preconditionFailure("libcrypto refused an Ed25519 seed")
        }
        return key
    }

    /// The 64-byte signature of a message.
    public func sign(_ message: [UInt8]) -> [UInt8] {
        let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
        let context = EVP_MD_CTX_new()
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
        }
        var signature = [UInt8](repeating: 0, count: 64)
        var count = signature.count
        guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
            EVP_DigestSign(context, &signature, &count, message, message.count) == 1
        else { preconditionFailure("libcrypto refused to sign") }
        return signature
    }

    /// How this key is written for verifiers of a log of that name.
    public func verifierKey(origin: String) -> String {
        VerifierKey(origin: origin, publicKey: publicKey).text
    }
}

/// A note verifier key (C2SP signed-note): `origin+keyid+base64(01 ‖ key)`.
public struct VerifierKey: Equatable, Sendable {
    /// Ed25519 (C2SP signed-note, "Signature types").
    static let ed25519: UInt8 = 1

    /// The name of the log.
    public let origin: String
    /// The Ed25519 key.
    public let publicKey: [UInt8]

    /// The key of a log of that name.
    public init(origin: String, publicKey: [UInt8]) {
        self.origin = origin
        self.publicKey = publicKey
    }

    /// Reads a verifier key; `nil` for anything that is not one of this type, or whose key id is wrong.
    public init?(_ text: String) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let data = Base64.decode(parts[2]), data.count == 33, data[0] == VerifierKey.ed25519
        else { return nil }
        self.init(origin: String(parts[0]), publicKey: Array(data[1...]))
        guard Hex.encode(keyID) == parts[1] else { return nil }
    }

    /// The first four bytes of SHA-256(origin ‖ 0A ‖ 01 ‖ key).
    public var keyID: [UInt8] {
        Array(SHA256.hash(Array(origin.utf8) + [0x0a, VerifierKey.ed25519] + publicKey).bytes.prefix(4))
    }

    /// The key as text.
    public var text: String {
        "\(origin)+\(Hex.encode(keyID))+\(Base64.encode([VerifierKey.ed25519] + publicKey))"
    }

    /// Whether this key made the signature.
    public func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicKey, publicKey.count)
        let context = EVP_MD_CTX_new()
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
        }
        return EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
