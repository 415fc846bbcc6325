import Nostr

/// A log's size and root at some moment (C2SP tlog-checkpoint).
public struct Checkpoint: Equatable, Sendable {
    /// The log's name.
    public var origin: String
    /// How many entries it had.
    public var size: UInt64
    /// The Merkle root over them.
    public var root: Bytes32

    /// A checkpoint.
    public init(origin: String, size: UInt64, root: Bytes32) {
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// The text that is signed: name, size and root in base64, a line each.
    public var text: String { "\(origin)\n\(size)\n\(Base64.encode(root.bytes))\n" }

    /// Reads the text, with or without extension lines behind it.
    public init(parsing text: String) throws(ProofError) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // tlog-checkpoint: no line is empty, extension lines neither.
        guard lines.count >= 4, lines.last?.isEmpty == true, !lines.dropLast().contains(where: \.isEmpty),
            KeyText.isName(String(lines[0]))
        else { throw ProofError("this is no checkpoint: expected a name, a size and a root, a line each") }
        guard let size = Decimals.parse(lines[1]) else {
            throw ProofError("the checkpoint's size \"\(lines[1])\" is no whole number")
        }
        guard let bytes = Base64.decode(lines[2]), let root = Bytes32(bytes) else {
            throw ProofError("the checkpoint's root is not 32 bytes in base64")
        }
        self.init(origin: String(lines[0]), size: size, root: root)
    }
}

/// Whole numbers as proofs spell them.
enum Decimals {
    /// The number, if these are digits without a leading zero.
    static func parse(_ text: some StringProtocol) -> UInt64? {
        let digits = Array(text.utf8)
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }), digits.count == 1 || digits[0] != 0x30
        else { return nil }
        return UInt64(text)
    }
}
