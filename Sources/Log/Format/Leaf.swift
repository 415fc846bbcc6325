import Nostr

/// The 124 bytes that the Merkle tree is built over: everything about an entry but its payload, which it commits to
/// (AUDIT.md, "NRL1: the leaf").
public struct Leaf: Equatable, Sendable {
    /// What the entry is.
    public var type: EntryType
    /// See `LeafFlags`.
    public var flags: UInt8
    /// The version of the payload's form.
    public var schema: UInt16
    /// The position: the leaf's index in the tree; the first entry is 0.
    public var seq: UInt64
    /// Microseconds since 1970; never lower than that of the entry before.
    public var time: Int64
    /// The position of the type-0 entry whose rules judged this one, 0 if none did.
    public var rules: UInt32
    /// The commitment to salt and payload. See `Commitment`.
    public var commitment: Bytes32
    /// The root over the direct members before this entry.
    public var membersRoot: Bytes32
    /// The hash of the whole state at the latest type-8 entry before this one.
    public var stateRoot: Bytes32

    /// How many bytes a leaf has.
    public static let size = 124
    /// "NRL1", the bytes that a leaf begins with, as a number.
    static let magic: UInt32 = 0x4e52_4c31

    /// A leaf with these fields.
    public init(
        type: EntryType, flags: UInt8 = 0, schema: UInt16 = 1, seq: UInt64, time: Int64, rules: UInt32,
        commitment: Bytes32, membersRoot: Bytes32, stateRoot: Bytes32
    ) {
        self.type = type
        self.flags = flags
        self.schema = schema
        self.seq = seq
        self.time = time
        self.rules = rules
        self.commitment = commitment
        self.membersRoot = membersRoot
        self.stateRoot = stateRoot
    }

    /// The bytes.
    public func encoded() -> [UInt8] {
        withEncoded { Array($0) }
    }

    /// The hash in the Merkle tree: SHA-256(00 ‖ leaf), RFC 6962 section 2.1.
    public var hash: Bytes32 {
        withEncoded { MerkleTree.leafHash($0) }
    }

    /// Reads a leaf.
    ///
    /// - Throws: `LogError.damaged`, naming what does not fit.
    public init(decoding bytes: [UInt8]) throws(LogError) {
        self = try bytes.withUnsafeBufferPointer { bytes throws(LogError) in
            try Leaf(UnsafeRawBufferPointer(bytes))
        }
    }

    init(_ bytes: UnsafeRawBufferPointer) throws(LogError) {
        guard bytes.count == Leaf.size else {
            throw .damaged(seq: nil, reason: "a leaf has \(Leaf.size) bytes, not \(bytes.count)")
        }
        guard bytes.number(at: 0, as: UInt32.self) == Leaf.magic else {
            throw .damaged(seq: nil, reason: "the leaf does not begin with NRL1")
        }
        let seq = bytes.number(at: 8, as: UInt64.self)
        guard let type = EntryType(rawValue: bytes[4]) else {
            throw .damaged(seq: seq, reason: "the leaf's type \(bytes[4]) is unknown")
        }
        guard bytes[5] & ~LeafFlags.known == 0 else {
            throw .damaged(seq: seq, reason: "the leaf's flags \(bytes[5]) are unknown")
        }
        self.init(
            type: type, flags: bytes[5], schema: bytes.number(at: 6), seq: seq, time: bytes.number(at: 16),
            rules: bytes.number(at: 24), commitment: Bytes32(bytes.slice(28..<60)),
            membersRoot: Bytes32(bytes.slice(60..<92)), stateRoot: Bytes32(bytes.slice(92..<124)))
    }

    /// Calls `body` with the bytes, without touching the heap.
    func withEncoded<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        withUnsafeTemporaryAllocation(byteCount: Leaf.size, alignment: 8) { output in
            output.storeBytes(of: Leaf.magic.bigEndian, toByteOffset: 0, as: UInt32.self)
            output[4] = type.rawValue
            output[5] = flags
            output.storeBytes(of: schema.bigEndian, toByteOffset: 6, as: UInt16.self)
            output.storeBytes(of: seq.bigEndian, toByteOffset: 8, as: UInt64.self)
            output.storeBytes(of: time.bigEndian, toByteOffset: 16, as: Int64.self)
            output.storeBytes(of: rules.bigEndian, toByteOffset: 24, as: UInt32.self)
            commitment.store(in: output, at: 28)
            membersRoot.store(in: output, at: 60)
            stateRoot.store(in: output, at: 92)
            return body(UnsafeRawBufferPointer(output))
        }
    }
}

extension Bytes32 {
    /// Writes the 32 bytes into `output` at `offset`.
    @inline(__always)
    func store(in output: UnsafeMutableRawBufferPointer, at offset: Int) {
        withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: output[offset...]).copyMemory(from: $0) }
    }
}
