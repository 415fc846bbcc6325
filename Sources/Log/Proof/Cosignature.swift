import Nostr

/// A witness's word that it saw a checkpoint, grown from every one that it saw of that log before, at a time (C2SP
/// tlog-cosignature, Ed25519).
public struct Cosignature: Equatable, Sendable {
    /// The time in eight bytes before the signature.
    private static let timeSize = MemoryLayout<UInt64>.size

    /// When the witness says that it saw it, in seconds since 1970.
    public let time: UInt64
    /// The Ed25519 signature over time and checkpoint: 64 bytes.
    public let signature: [UInt8]

    /// Reads what stands in a signature line; `nil` for a signature of another kind.
    public init?(_ line: SignedNote.Signature) {
        guard line.bytes.count == Cosignature.timeSize + Ed25519.signatureSize else { return nil }
        let time = line.bytes.prefix(Cosignature.timeSize).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        // What the specification allows.
        guard time <= UInt64(Int64.max) else { return nil }
        self.time = time
        signature = Array(line.bytes.dropFirst(Cosignature.timeSize))
    }

    /// Whether this is the witness's signature of the checkpoint in `note`.
    public func verify(_ note: SignedNote, by key: WitnessKey) -> Bool {
        Ed25519.verify(
            Cosignature.message(note.body, time: time), signature: signature, publicKey: key.publicKey)
    }

    /// The line that a witness of that name and key puts below a note. For witnesses that are made in tests: a log does
    /// not cosign itself.
    public static func sign(_ note: SignedNote, name: String, key: LogKey, time: UInt64) -> SignedNote.Signature {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: time)
        bytes += key.sign(message(note.body, time: time))
        let keyID = WitnessKey(name: name, publicKey: key.publicKey).keyID
        return SignedNote.Signature(name: name, keyID: keyID, bytes: bytes)
    }

    private static func message(_ body: String, time: UInt64) -> [UInt8] {
        Array("cosignature/v1\ntime \(time)\n\(body)".utf8)
    }
}

extension SignedNote {
    /// The witness's cosignature in the note; `nil` if there is none by that name and key.
    ///
    /// - Throws: `ProofError` if there is one that is wrong: signed-note asks to refuse such a note altogether.
    public func cosignature(by key: WitnessKey) throws(ProofError) -> Cosignature? {
        var found: Cosignature?
        for line in signatures where line.isBy(name: key.name, keyID: key.keyID) {
            guard let cosignature = Cosignature(line), cosignature.verify(self, by: key) else {
                throw ProofError("the cosignature of \(key.name) on the note is wrong")
            }
            found = cosignature
        }
        return found
    }

    /// The note with what a witness answered (C2SP tlog-witness, add-checkpoint) below it.
    ///
    /// - Throws: `ProofError` if the answer is no signature lines, or has no good one of that witness. Lines of others
    ///   are left out.
    public func adding(answer: String, of key: WitnessKey) throws(ProofError) -> SignedNote {
        let lines = try SignedNote.signatures(parsing: answer).filter { $0.isBy(name: key.name, keyID: key.keyID) }
        guard let line = lines.last else {
            throw ProofError("\(key.name) answered without a cosignature of its own by this key")
        }
        let note = try adding([line])
        _ = try note.cosignature(by: key)
        return note
    }
}
