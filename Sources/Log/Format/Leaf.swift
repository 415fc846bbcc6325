import Nostr

/// The 124 bytes that an entry is in the tree: commitments, no data (AUDIT.md, "NRL1: the leaf").
public struct Leaf: Equatable, Sendable {
    /// The length of an encoded leaf.
    public static let size = 124
    static let magic: [UInt8] = Array("NRL1".utf8)

    /// What kind of entry it is.
    public var type: EntryType
    /// Bit 0: the payload may be erased; bit 1: it is encrypted.
    public var flags: UInt8
    /// The version of the payload's layout.
    public var schema: UInt16
    /// The index in the tree; the first entry is 0.
    public var seq: UInt64
    /// Microseconds since 1970, never lower than the entry before.
    public var time: Int64
    /// The position of the type-0 entry whose rules judged this, 0 if none.
    public var rules: UInt32
    /// The salted commitment to the payload.
    public var commitment: Bytes32
    /// The RFC 6962 root over the direct members before this entry.
    public var membersRoot: Bytes32
    /// SHA-256 of the reducers' state at the latest type-8 entry before this one.
    public var stateRoot: Bytes32

    /// The bits of `flags` that this version knows.
    static let knownFlags: UInt8 = 0b11

    /// A leaf with these fields.
    public init(
        type: EntryType, flags: UInt8 = 0, schema: UInt16, seq: UInt64, time: Int64, rules: UInt32, commitment: Bytes32,
        membersRoot: Bytes32, stateRoot: Bytes32
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

    /// The 124 bytes.
    public func encoded() -> [UInt8] {
        var bytes = Leaf.magic
        bytes.reserveCapacity(Leaf.size)
        bytes.append(type.rawValue)
        bytes.append(flags)
        bytes.append(bigEndian: schema)
        bytes.append(bigEndian: seq)
        bytes.append(bigEndian: time)
        bytes.append(bigEndian: rules)
        commitment.append(to: &bytes)
        membersRoot.append(to: &bytes)
        stateRoot.append(to: &bytes)
        return bytes
    }

    /// Reads a leaf that is expected at a position.
    ///
    /// - Throws: `LogError.damaged` for anything but an NRL1 leaf of that position.
    public init(decoding bytes: UnsafeRawBufferPointer, at expected: UInt64) throws(LogError) {
        func damaged(_ reason: String) -> LogError { .damaged(expected, reason) }
        guard bytes.count >= Leaf.size else { throw damaged("the leaf has \(bytes.count) bytes, not \(Leaf.size)") }
        guard bytes[..<4].elementsEqual(Leaf.magic) else { throw damaged("the leaf does not begin with NRL1") }
        guard let type = EntryType(rawValue: bytes[4]) else { throw damaged("entry type \(bytes[4]) is unknown") }
        guard bytes[5] & ~Leaf.knownFlags == 0 else { throw damaged("unknown flags \(bytes[5])") }
        func number<N: FixedWidthInteger>(_ offset: Int) -> N {
            N(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: N.self))
        }
        func hash(_ offset: Int) -> Bytes32 { Bytes32(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + 32])) }
        self.init(
            type: type, flags: bytes[5], schema: number(6), seq: number(8), time: number(16), rules: number(24),
            commitment: hash(28), membersRoot: hash(60), stateRoot: hash(92))
        guard seq == expected else { throw damaged("the leaf says that it is entry \(seq)") }
    }

    /// The hash of the leaf in the tree.
    public var hash: Bytes32 { MerkleTree.leafHash(encoded()) }
}
