/// Why a text is not the key it should be. Never quotes the text, which may be a secret.
public enum KeyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Neither 64 hex digits nor a NIP-19 spelling.
    case unreadable(expected: KeyForm)
    /// A NIP-19 spelling whose checksum or letters are wrong: a typing error.
    case mistyped(expected: KeyForm)
    /// A NIP-19 spelling of something else.
    case wrongForm(expected: KeyForm, found: String)
    /// Well-formed, but 0 or not below the order of the curve.
    case notASecretKey

    /// The sentence for the user.
    public var message: String {
        switch self {
        case .unreadable(let expected): "expected \(expected)"
        case .mistyped(let expected): "the key is mistyped (its checksum does not match); expected \(expected)"
        case .wrongForm(let expected, "nsec"):
            "this is a secret key (nsec), which belongs nowhere but to its owner; expected \(expected)"
        case .wrongForm(let expected, let found): "this is \(found)1…; expected \(expected)"
        case .notASecretKey: "these 32 bytes are not a secret key of secp256k1"
        }
    }

    /// The sentence for the user.
    public var description: String { message }
}

/// The two kinds of keys that a user types in.
public enum KeyForm: Sendable, CustomStringConvertible {
    /// An npub or its hex.
    case publicKey
    /// An nsec or its hex.
    case secretKey

    /// How such a key is written.
    public var description: String {
        switch self {
        case .publicKey: "a public key: npub1… or 64 hex digits"
        case .secretKey: "a secret key: nsec1… or 64 hex digits"
        }
    }

    var prefix: String {
        switch self {
        case .publicKey: "npub"
        case .secretKey: "nsec"
        }
    }
}

extension KeyForm {
    /// Reads 32 bytes from 64 hex digits of either case or from this form's NIP-19 spelling.
    func parse(_ text: String) throws(KeyError) -> Bytes32 {
        if let key = Bytes32(hex: text.lowercased()) { return key }
        switch Bech32.decode(text) {
        case .failure(.notBech32): throw .unreadable(expected: self)
        case .failure(.wrongChecksum): throw .mistyped(expected: self)
        case .success(let (found, _)) where found != prefix: throw .wrongForm(expected: self, found: found)
        case .success(let (_, bytes)):
            guard let key = Bytes32(bytes) else { throw .unreadable(expected: self) }
            return key
        }
    }
}
