import CSecp256k1

/// Checks BIP-340 signatures over secp256k1.
public enum Signatures {
    /// The one context of libsecp256k1 in the process.
    ///
    /// `nonisolated(unsafe)` because pointers are not Sendable; it is safe because the context is made and randomised
    /// once, by Swift's once-only initialisation, is never changed or freed afterwards, and the library promises that
    /// functions taking a const context, all that we call, may run on it from many threads at once (secp256k1.h).
    nonisolated(unsafe) static let context: OpaquePointer = {
        guard let context = secp256k1_context_create(UInt32(SECP256K1_CONTEXT_NONE)) else {
            preconditionFailure("libsecp256k1 could not create a context")
        }
        // Blinds the multiplications that involve secret keys; it does not change what they give.
        let blinded = Randomness.bytes32().withUnsafeBytes { seed in
            secp256k1_context_randomize(context, seed.bindMemory(to: UInt8.self).baseAddress)
        }
        precondition(blinded == 1, "libsecp256k1 could not randomise its context")
        return context
    }()

    /// Whether `signature` is `key`'s signature of `message`. A key that is no point of the curve has signed nothing.
    public static func verify(_ signature: Signature, message: Bytes32, key: PublicKey) -> Bool {
        guard var point = KnownPoints.shared.point(of: key) else { return false }
        return signature.withUnsafeBytes { signature in
            message.withUnsafeBytes { message in
                guard let signature = signature.bindMemory(to: UInt8.self).baseAddress else { return false }
                let message = message.bindMemory(to: UInt8.self)
                return secp256k1_schnorrsig_verify(context, signature, message.baseAddress, message.count, &point) == 1
            }
        }
    }

    /// The point whose x coordinate is `key`, or `nil` when there is none.
    static func point(of key: PublicKey) -> secp256k1_xonly_pubkey? {
        var point = secp256k1_xonly_pubkey()
        let found = key.withUnsafeBytes { bytes in
            guard let bytes = bytes.bindMemory(to: UInt8.self).baseAddress else { return false }
            return secp256k1_xonly_pubkey_parse(context, &point, bytes) == 1
        }
        return found ? point : nil
    }
}
