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

        /// A signature line's parts.
        init(name: String, keyID: [UInt8], bytes: [UInt8]) {
            self.name = name
            self.keyID = keyID
            self.bytes = bytes
        }

        /// Whether the line says that it is by this name and key. Names are compared byte by byte.
        func isBy(name: String, keyID: [UInt8]) -> Bool {
            self.keyID == keyID && self.name.utf8.elementsEqual(name.utf8)
        }

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
        guard !text.utf8.contains(where: { $0 < 0x20 && $0 != 0x0a }) else {
            throw ProofError("the note has a control character in it")
        }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.popLast()?.isEmpty == true, let gap = lines.lastIndex(where: \.isEmpty), gap > 0,
            gap + 1 < lines.count
        else { throw ProofError("this is no signed note: expected a text, an empty line, and signatures") }
        let signatures = try SignedNote.signatures(lines[(gap + 1)...])
        self.init(body: lines[..<gap].joined(separator: "\n") + "\n", signatures: signatures)
    }

    /// Reads signature lines alone, each ending in a line feed, as a witness answers with them.
    public static func signatures(parsing text: String) throws(ProofError) -> [Signature] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.popLast()?.isEmpty == true, !lines.isEmpty else {
            throw ProofError("these are no signature lines: expected at least one, each ending in a line feed")
        }
        return try signatures(lines[...])
    }

    private static func signatures(_ lines: ArraySlice<Substring>) throws(ProofError) -> [Signature] {
        guard lines.count <= maximumSignatures else {
            throw ProofError("the note has more than \(maximumSignatures) signatures")
        }
        var signatures: [Signature] = []
        for line in lines { signatures.append(try signature(String(line))) }
        return signatures
    }

    /// The note with further signatures below it.
    ///
    /// - Throws: `ProofError` for a line by a name and key that there is one of, or more lines than a note may have.
    public func adding(_ added: [Signature]) throws(ProofError) -> SignedNote {
        var signatures = signatures
        for line in added {
            guard KeyText.isName(line.name), line.keyID.count == KeyText.keyIDSize, !line.bytes.isEmpty else {
                throw ProofError("this is no signature that could stand below a note")
            }
            guard !signatures.contains(where: { $0.isBy(name: line.name, keyID: line.keyID) }) else {
                throw ProofError("the note is signed by \(line.name) with this key already")
            }
            signatures.append(line)
        }
        guard signatures.count <= SignedNote.maximumSignatures else {
            throw ProofError("the note would have more than \(SignedNote.maximumSignatures) signatures")
        }
        return SignedNote(body: body, signatures: signatures)
    }

    private static func signature(_ line: String) throws(ProofError) -> Signature {
        guard line.hasPrefix(mark) else { throw ProofError("a line of the note is no signature: \"\(line)\"") }
        let parts = line.dropFirst(mark.count).split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, KeyText.isName(String(parts[0])), let bytes = Base64.decode(parts[1]),
            bytes.count > KeyText.keyIDSize
        else { throw ProofError("a signature of the note cannot be read: \"\(line)\"") }
        let size = KeyText.keyIDSize
        return Signature(name: String(parts[0]), keyID: Array(bytes[..<size]), bytes: Array(bytes[size...]))
    }

    /// The whole text.
    public var text: String { body + "\n" + signatures.map(\.line).joined() }

    /// The checkpoint in the note, once the log's own signature has been found good.
    public func verified(by key: VerifierKey) throws(ProofError) -> Checkpoint {
        let own = signatures.filter { $0.isBy(name: key.origin, keyID: key.keyID) }
        guard !own.isEmpty else { throw ProofError("the note is not signed by \(key.origin) with this key") }
        // One of them could be another spelling of a note that was seen, or make somebody else refuse it.
        guard own.count == 1 else { throw ProofError("the note is signed by \(key.origin) more than once") }
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
