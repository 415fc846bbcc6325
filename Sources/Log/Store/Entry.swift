import Nostr

/// An entry, read and checked.
public struct Entry: Sendable {
    /// The leaf.
    public var leaf: Leaf
    /// The salt of its commitment; `nil` when the payload was erased.
    public var salt: Bytes32?
    /// The payload; `nil` when it was erased.
    public var payload: [UInt8]?
    /// Where in the payload an embedded event stands.
    public var document: Range<Int>?
}

/// An entry as a scan lends it: its bytes are good until the scan goes on.
public struct EntryView {
    /// The leaf.
    public let leaf: Leaf
    /// The 124 bytes of the leaf.
    public let leafBytes: UnsafeRawBufferPointer
    /// The salt; `nil` when the payload was erased.
    public let salt: Bytes32?
    /// The payload; `nil` when it was erased.
    public let payload: UnsafeRawBufferPointer?
    /// Where in the payload an embedded event stands.
    public let document: Range<Int>?
}

/// Reads records of the entry table: leaf[124], and, unless the payload was erased, salt[32] and the stored payload.
struct RecordReader {
    /// Whether each payload is hashed and compared with its commitment.
    var checksCommitments: Bool
    private var buffer: [UInt8] = []

    init(checksCommitments: Bool) { self.checksCommitments = checksCommitments }

    /// Reads a record and lends it to `body`.
    ///
    /// - Parameter content: appends the shared content of a hash; `false` when there is none.
    mutating func read<R>(
        _ record: UnsafeRawBufferPointer, at seq: UInt64, content: (Bytes32, inout [UInt8]) throws -> Bool,
        _ body: (EntryView) throws -> R
    ) throws -> R {
        let leaf = try Leaf(decoding: record, at: seq)
        let leafBytes = UnsafeRawBufferPointer(rebasing: record[..<Leaf.size])
        guard record.count > Leaf.size else {
            return try body(EntryView(leaf: leaf, leafBytes: leafBytes, salt: nil, payload: nil, document: nil))
        }
        guard record.count > Leaf.size + Bytes32.count else { throw LogError.damaged(seq, "the record is cut short") }
        let salt = Bytes32(UnsafeRawBufferPointer(rebasing: record[Leaf.size..<Leaf.size + Bytes32.count]))
        let stored = UnsafeRawBufferPointer(rebasing: record[(Leaf.size + Bytes32.count)...])
        guard let document = try PayloadCodec.decode(stored, into: &buffer, content: content) else {
            throw LogError.damaged(seq, "the stored payload cannot be read")
        }
        return try buffer.withUnsafeBytes { payload in
            if checksCommitments, Commitment.of(payload: payload, salt: salt) != leaf.commitment {
                throw LogError.damaged(seq, "the payload does not match its commitment")
            }
            return try body(
                EntryView(leaf: leaf, leafBytes: leafBytes, salt: salt, payload: payload, document: document))
        }
    }
}
