import Nostr

/// What a log says of itself at one size (C2SP tlog-checkpoint).
public struct Checkpoint: Equatable, Sendable {
    /// The log's name.
    public var origin: String
    /// The number of leaves.
    public var size: UInt64
    /// The root of the tree.
    public var root: Bytes32

    /// A checkpoint with these fields.
    public init(origin: String, size: UInt64, root: Bytes32) {
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// The text that is signed: three lines.
    public var text: String { "\(origin)\n\(size)\n\(Base64.encode(root.bytes))\n" }

    /// The signed note with this key's line (C2SP signed-note).
    public func note(signedBy key: LogKey) -> String {
        let verifier = VerifierKey(origin: origin, publicKey: key.publicKey)
        return "\(text)\n\u{2014} \(origin) \(Base64.encode(verifier.keyID + key.sign(Array(text.utf8))))\n"
    }

    /// Reads a signed note; `nil` unless it is a checkpoint of that log with a good signature of that key.
    public init?(note: String, verifier: VerifierKey) {
        guard let blank = note.range(of: "\n\n") else { return nil }
        let body = String(note[..<note.index(after: blank.lowerBound)])
        let prefix = "\u{2014} \(verifier.origin) "
        let isSigned = note[blank.upperBound...].split(separator: "\n").contains { line in
            guard line.hasPrefix(prefix), let data = Base64.decode(line.dropFirst(prefix.count)), data.count == 68 else {
                return false
            }
            return Array(data[..<4]) == verifier.keyID && verifier.verify(Array(data[4...]), of: Array(body.utf8))
        }
        let lines = body.split(separator: "\n", omittingEmptySubsequences: false)
        guard isSigned, lines.count == 4, lines[0] == verifier.origin, let size = UInt64(lines[1]),
            String(size) == lines[1], let root = Base64.decode(lines[2]).flatMap({ Bytes32($0) })
        else { return nil }
        self.init(origin: verifier.origin, size: size, root: root)
    }
}

extension String {
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].utf8.starts(with: text.utf8) {
                return start..<utf8.index(start, offsetBy: text.utf8.count)
            }
            start = utf8.index(after: start)
        }
        return nil
    }
}

/// One self-contained proof (C2SP tlog-proof v1) whose extra data is the leaf.
public struct TransparencyLogProof: Equatable, Sendable {
    /// The leaf.
    public var leaf: [UInt8]
    /// That it is in the tree.
    public var inclusion: InclusionProof
    /// The signed note of the tree.
    public var note: String

    /// A proof of these parts.
    public init(leaf: [UInt8], inclusion: InclusionProof, note: String) {
        self.leaf = leaf
        self.inclusion = inclusion
        self.note = note
    }

    /// The proof as a file.
    public var text: String {
        var text = "c2sp.org/tlog-proof@v1\nextra \(Base64.encode(leaf))\nindex \(inclusion.index)\n"
        for hash in inclusion.path { text += Base64.encode(hash.bytes) + "\n" }
        return text + "\n" + note
    }
}
