import Nostr

/// Turns records into entries, inside of one transaction. Keeps the payload's buffer, and what the next record is
/// likely to refer to again.
struct EntryDecoder: ~Copyable {
    private var buffer = PayloadBuffer()
    private var references: References

    init(_ transaction: Transaction) {
        references = References(transaction)
    }

    /// The payload that was last decoded; good until the next.
    var payload: UnsafeRawBufferPointer { buffer.bytes }

    /// Reads the whole of entry `seq`, and checks the payload against the commitment if asked.
    mutating func entry(
        _ bytes: UnsafeRawBufferPointer, seq: UInt64, checkingCommitment: Bool
    ) throws(LogError) -> EntryView {
        try entry(try Record(bytes, seq: seq), checkingCommitment: checkingCommitment)
    }

    /// Reads the rest of an entry, and checks the payload against the commitment if asked.
    mutating func entry(_ record: Record, checkingCommitment: Bool) throws(LogError) -> EntryView {
        let seq = record.leaf.seq
        guard let salt = record.salt else { return EntryView(leaf: record.leaf) }
        buffer.removeAll()
        do throws(LogError) {
            guard try PayloadUnpacker.unpack(record.packed, to: &buffer, contents: &references) else {
                throw Record.malformed(seq)
            }
        } catch {
            throw .damaged(seq: seq, reason: error.withoutPosition)
        }
        let payload = buffer.bytes
        var document: Range<Int>?
        if let edges = record.documentEdges {
            guard edges.before + edges.after <= payload.count else { throw Record.malformed(seq) }
            document = edges.before..<payload.count - edges.after
        }
        if checkingCommitment {
            guard Commitment.of(payload: payload, salt: salt) == record.leaf.commitment else {
                throw .damaged(seq: seq, reason: "the payload does not match its commitment")
            }
        }
        return EntryView(
            leaf: record.leaf, salt: salt, payload: payload, document: document,
            isServedEvent: record.form.contains(.served), hasEvent: record.form.contains(.event),
            isWithdrawn: record.form.contains(.withdrawn), shared: buffer.shared)
    }
}

extension LogError {
    /// The reason alone, for an error that is part of another.
    fileprivate var withoutPosition: String {
        if case .damaged(_, let reason) = self { reason } else { description }
    }
}

/// Follows a record's references to shared contents.
struct References: SharedContents {
    /// How many keys are remembered: a direct-mapped cache by the content's number.
    private static let cachedKeys = 256

    private let transaction: Transaction
    private var keys: [(number: UInt64, key: Bytes32)] = []

    init(_ transaction: Transaction) { self.transaction = transaction }

    func content(_ number: UInt64) throws(LogError) -> UnsafeRawBufferPointer {
        guard let content = try contentIfThere(number) else {
            throw .damaged(seq: nil, reason: "the shared content \(number) is missing")
        }
        return content
    }

    /// The content of this number; `nil` if it is not there, as happens once nothing refers to it any more.
    func contentIfThere(_ number: UInt64) throws(LogError) -> UnsafeRawBufferPointer? {
        let sealed = try LogError.wrapping { () throws(LMDBError) in try transaction.value(.content, Key(number)) }
        guard let sealed else { return nil }
        guard let content = Checksum.opened(sealed, seed: number) else {
            throw .damaged(seq: nil, reason: "the shared content \(number) does not match its checksum")
        }
        return content
    }

    mutating func key(_ number: UInt64) throws(LogError) -> Bytes32 {
        if keys.isEmpty { keys = Array(repeating: (.max, .zero), count: References.cachedKeys) }
        let slot = Int(number % UInt64(References.cachedKeys))
        if keys[slot].number == number { return keys[slot].key }
        let content = try content(number)
        guard content.count == Bytes32.count else {
            throw .damaged(seq: nil, reason: "the shared content \(number) is not a key")
        }
        keys[slot] = (number, Bytes32(content))
        return keys[slot].key
    }
}
