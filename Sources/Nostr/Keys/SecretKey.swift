import CLibCrypto
import CSecp256k1

/// A secret key with its public key. Copies share one place in memory, which is wiped when the last one goes.
public struct SecretKey: Sendable {
    private let pair: KeyPair
    /// The x-only public key (BIP-340).
    public let publicKey: PublicKey

    /// `nil` unless there are 32 bytes that make a number from 1 to the order of the curve minus 1.
    public init?(_ bytes: some Collection<UInt8>) {
        guard let bytes = Bytes32(bytes), let pair = KeyPair(bytes) else { return nil }
        self.pair = pair
        publicKey = pair.publicKey
    }

    /// Reads a secret key as a user writes it: 64 hex digits of either case, or an nsec (NIP-19).
    public init(parsing text: String) throws(KeyError) {
        let bytes = try KeyForm.secretKey.parse(text)
        guard let key = SecretKey(bytes.bytes) else { throw .notASecretKey }
        self = key
    }

    /// A new random key.
    public static func generate() -> SecretKey {
        while true {
            // Fails with a probability of 2^-128.
            if let key = SecretKey(Randomness.bytes32().bytes) { return key }
        }
    }

    /// The BIP-340 signature of `hash` with zero auxiliary randomness: the same each time, so that whoever holds the
    /// log and the key can derive every signed event again.
    public func sign(_ hash: Bytes32) -> Signature { pair.sign(hash) }

    /// The NIP-19 spelling: "nsec1…". This is the secret itself.
    public var nsec: String { Bech32.encode(KeyForm.secretKey.prefix, secretBytes) }

    /// The 32 bytes of the secret itself.
    public var secretBytes: [UInt8] { pair.secretBytes }
}

extension SecretKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The public key; the secret is never printed.
    public var description: String { "SecretKey(of \(publicKey.npub))" }
    /// The public key; the secret is never printed.
    public var debugDescription: String { description }
    /// The public key; the secret is never dumped.
    public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}

/// Owns the library's expanded key: computed once, in one place, wiped at the end.
///
/// `@unchecked Sendable` because of the pointer: the memory behind it is written by `init` and `deinit` alone, when no
/// other thread can have a reference to this object, and only read in between.
private final class KeyPair: @unchecked Sendable {
    private let pair: UnsafeMutablePointer<secp256k1_keypair>

    init?(_ secret: Bytes32) {
        let pair = UnsafeMutablePointer<secp256k1_keypair>.allocate(capacity: 1)
        pair.initialize(to: secp256k1_keypair())
        self.pair = pair
        let made = secret.withUnsafeBytes { bytes in
            guard let bytes = bytes.bindMemory(to: UInt8.self).baseAddress else { return false }
            return secp256k1_keypair_create(Signatures.context, pair, bytes) == 1
        }
        // `deinit` runs for a failed initialiser too, since everything is initialised by now.
        guard made else { return nil }
    }

    deinit {
        OPENSSL_cleanse(pair, MemoryLayout<secp256k1_keypair>.size)
        pair.deallocate()
    }

    var publicKey: PublicKey {
        var point = secp256k1_xonly_pubkey()
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: PublicKey.count) { output in
            guard let start = output.baseAddress,
                secp256k1_keypair_xonly_pub(Signatures.context, &point, nil, pair) == 1,
                secp256k1_xonly_pubkey_serialize(Signatures.context, start, &point) == 1
            else { preconditionFailure("libsecp256k1 refused its own key pair") }
            return Bytes32(UnsafeRawBufferPointer(output))
        }
    }

    var secretBytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Bytes32.count) { output, initialized in
            guard let start = output.baseAddress, secp256k1_keypair_sec(Signatures.context, start, pair) == 1 else {
                preconditionFailure("libsecp256k1 refused its own key pair")
            }
            initialized = Bytes32.count
        }
    }

    func sign(_ hash: Bytes32) -> Signature {
        hash.withUnsafeBytes { message in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Signature.count) { output in
                guard let start = output.baseAddress,
                    let message = message.bindMemory(to: UInt8.self).baseAddress,
                    // The last argument is the auxiliary randomness; nil is the same as 32 zeros.
                    secp256k1_schnorrsig_sign32(Signatures.context, start, message, pair, nil) == 1
                else { preconditionFailure("libsecp256k1 could not sign") }
                return Signature(UnsafeRawBufferPointer(output))
            }
        }
    }
}
