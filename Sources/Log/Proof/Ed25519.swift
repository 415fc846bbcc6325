import CLibCrypto
import Nostr

/// Ed25519 (RFC 8032) by libcrypto. A raw key pointer lives inside of one call.
enum Ed25519 {
    static let seedSize = 32
    static let publicKeySize = 32
    static let signatureSize = 64

    /// The public key of a seed; `nil` unless the seed has 32 bytes.
    static func publicKey(seed: [UInt8]) -> [UInt8]? {
        guard seed.count == seedSize,
            let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
        else { return nil }
        defer { EVP_PKEY_free(key) }
        var output = [UInt8](repeating: 0, count: publicKeySize)
        var count = output.count
        guard EVP_PKEY_get_raw_public_key(key, &output, &count) == 1, count == publicKeySize else { return nil }
        return output
    }

    /// The signature of `message`; `nil` if libcrypto fails.
    static func sign(_ message: [UInt8], seed: [UInt8]) -> [UInt8]? {
        guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else { return nil }
        defer { EVP_PKEY_free(key) }
        guard let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        var output = [UInt8](repeating: 0, count: signatureSize)
        var count = output.count
        guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
            EVP_DigestSign(context, &output, &count, message, message.count) == 1, count == signatureSize
        else { return nil }
        return output
    }

    /// Whether the signature of `message` is by this key.
    static func verify(_ message: [UInt8], signature: [UInt8], publicKey: [UInt8]) -> Bool {
        guard signature.count == signatureSize, publicKey.count == publicKeySize,
            let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicKey, publicKey.count)
        else { return false }
        defer { EVP_PKEY_free(key) }
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        return EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
