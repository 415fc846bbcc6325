import Nostr

/// That a leaf is in a log, to be checked without the log (C2SP tlog-proof v1, with the leaf as its extra data).
public struct InclusionStatement: Equatable, Sendable {
    /// The first line.
    static let header = "c2sp.org/tlog-proof@v1"
    /// Most hashes that a proof can have: a tree of 2^64 leaves.
    static let maximumHashes = 64

    /// The leaf: 124 bytes. See `Leaf`.
    public let leaf: [UInt8]
    /// The leaf's index, which is the entry's position.
    public let index: UInt64
    /// The hashes from the leaf to the root, lowest first.
    public let path: [Bytes32]
    /// The signed checkpoint of the tree.
    public let note: SignedNote

    /// A statement about a leaf.
    public init(leaf: Leaf, path: [Bytes32], note: SignedNote) {
        self.leaf = leaf.encoded()
        index = leaf.seq
        self.path = path
        self.note = note
    }

    /// The text: header, leaf, index, hashes, an empty line, the note.
    public var text: String {
        var text = "\(InclusionStatement.header)\nextra \(Base64.encode(leaf))\nindex \(index)\n"
        for hash in path { text += Base64.encode(hash.bytes) + "\n" }
        return text + "\n" + note.text
    }

    /// Reads the text: its form only. Call `verify`.
    public init(parsing text: String) throws(ProofError) {
        let parts = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard parts.first.map(String.init) == InclusionStatement.header else {
            throw ProofError("this is no proof: expected \"\(InclusionStatement.header)\" in its first line")
        }
        guard parts.count > 3, parts[1].hasPrefix("extra "), let leaf = Base64.decode(parts[1].dropFirst(6)) else {
            throw ProofError("the proof has no leaf: expected \"extra\" and base64 in its second line")
        }
        guard parts[2].hasPrefix("index "), let index = Decimals.parse(parts[2].dropFirst(6)) else {
            throw ProofError("the proof has no index: expected \"index\" and a number in its third line")
        }
        var path: [Bytes32] = []
        var line = 3
        while line < parts.count, !parts[line].isEmpty {
            guard path.count < InclusionStatement.maximumHashes, let bytes = Base64.decode(parts[line]),
                let hash = Bytes32(bytes)
            else { throw ProofError("line \(line + 1) of the proof is no hash, or there are too many") }
            path.append(hash)
            line += 1
        }
        guard line < parts.count else { throw ProofError("the proof has no note behind its hashes") }
        self.leaf = leaf
        self.index = index
        self.path = path
        note = try SignedNote(parsing: parts[(line + 1)...].joined(separator: "\n"))
    }

    /// Checks the note's signature, the way from the leaf to the note's root, and that the leaf is at its own position.
    ///
    /// - Returns: the leaf, which is then known to be in the log of that name.
    @discardableResult
    public func verify(by key: VerifierKey) throws(ProofError) -> Leaf {
        let checkpoint = try note.verified(by: key)
        let isIncluded = MerkleTree.verifyInclusion(
            leafHash: MerkleTree.leafHash(leaf), index: index, size: checkpoint.size, proof: path,
            root: checkpoint.root)
        guard isIncluded else { throw ProofError("the hashes do not lead from the leaf to the root of the note") }
        let decoded: Leaf
        do throws(LogError) {
            decoded = try Leaf(decoding: leaf)
        } catch {
            throw ProofError("the proof is good, but of something that is no leaf: \(error)")
        }
        guard decoded.seq == index else {
            throw ProofError("the leaf says that it is entry \(decoded.seq), and the proof that it is entry \(index)")
        }
        return decoded
    }
}
