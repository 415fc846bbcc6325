extension PublicKey {
    /// Reads a public key as a user writes it: 64 hex digits of either case, or an npub (NIP-19).
    ///
    /// Whether it is a point of the curve is another question: see `isValidPoint`.
    public init(parsing text: String) throws(KeyError) {
        self = try KeyForm.publicKey.parse(text)
    }

    /// The NIP-19 spelling: "npub1…", 63 letters.
    public var npub: String { Bech32.encode(KeyForm.publicKey.prefix, bytes) }

    /// The NIP-19 spelling shortened for a screen: the first 12 letters, "…", the last 4. Not for telling keys apart.
    public var shortNpub: String {
        let npub = npub
        return "\(npub.prefix(12))…\(npub.suffix(4))"
    }

    /// Whether these are the x coordinate of a point of the curve: about half of all 32-byte values are.
    public var isValidPoint: Bool { Signatures.point(of: self) != nil }
}
