import Nostr

/// A text with signatures below it (C2SP signed-note): here a checkpoint, signed by its log and perhaps by witnesses.
public struct SignedNote: Equatable, Sendable {
    /// One signature line.
    public struct Signature: Equatable, Sendable {
        /// Who signed.
        public let name: String
        /// The first bytes of the hash of name and key.
        public let keyID: [UInt8]
        /// The signature; 64 bytes for Ed25519, more for a witness's, which has a time in it.
        public let bytes: [UInt8]

        var line: String { "\(SignedNote.mark)\(name) \(Base64.encode(keyID + bytes))\n" }
    }

    /// What a signature line begins with: an em dash and a space.
    static let mark = "\u{2014} "
    /// Most signatures that are read; a hostile note must not cost much.
    public static let maximumSignatures = 64

    /// The text that is signed, ending in a line feed.
    public let body: String
    /// The signatures.
    public let signatures: [Signature]

    /// Signs a checkpoint, with the key of the log that it names.
    public static func sign(_ checkpoint: Checkpoint, _ key: LogKey) -> SignedNote {
        let body = checkpoint.text
        let keyID = VerifierKey(origin: checkpoint.origin, publicKey: key.publicKey).keyID
        let signature = Signature(name: checkpoint.origin, keyID: keyID, bytes: key.sign(Array(body.utf8)))
        return SignedNote(body: body, signatures: [signature])
    }

    private init(body: String, signatures: [Signature]) {
        self.body = body
        self.signatures = signatures
    }

    /// Reads a note: its form only. Call `verified`.
    public init(parsing text: String) throws(ProofError) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.popLast()?.isEmpty == true, let gap = lines.lastIndex(where: \.isEmpty), gap > 0,
            gap + 1 < lines.count
        else { throw ProofError("this is no signed note: expected a text, an empty line, and signatures") }
        guard lines.count - gap - 1 <= SignedNote.maximumSignatures else {
            throw ProofError("the note has more than \(SignedNote.maximumSignatures) signatures")
        }
        var signatures: [Signature] = []
        for line in lines[(gap + 1)...] { signatures.append(try SignedNote.signature(String(line))) }
        self.init(body: lines[..<gap].joined(separator: "\n") + "\n", signatures: signatures)
    }

    private static func signature(_ line: String) throws(ProofError) -> Signature {
        guard line.hasPrefix(mark) else { throw ProofError("a line of the note is no signature: \"\(line)\"") }
        let parts = line.dropFirst(mark.count).split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, VerifierKey.isName(String(parts[0])), let bytes = Base64.decode(parts[1]),
            bytes.count > VerifierKey.keyIDSize
        else { throw ProofError("a signature of the note cannot be read: \"\(line)\"") }
        let size = VerifierKey.keyIDSize
        return Signature(name: String(parts[0]), keyID: Array(bytes[..<size]), bytes: Array(bytes[size...]))
    }

    /// The whole text.
    public var text: String { body + "\n" + signatures.map(\.line).joined() }

    /// The checkpoint in the note, once the log's own signature has been found good.
    public func verified(by key: VerifierKey) throws(ProofError) -> Checkpoint {
        let own = signatures.filter { $0.keyID == key.keyID && $0.name.utf8.elementsEqual(key.origin.utf8) }
        guard !own.isEmpty else { throw ProofError("the note is not signed by \(key.origin) with this key") }
        guard own.allSatisfy({ key.verify(Array(body.utf8), $0.bytes) }) else {
            throw ProofError("the signature of \(key.origin) on the note is wrong")
        }
        let checkpoint = try Checkpoint(parsing: body)
        guard checkpoint.origin.utf8.elementsEqual(key.origin.utf8) else {
            throw ProofError("the note is about \(checkpoint.origin), not \(key.origin)")
        }
        return checkpoint
    }
}
