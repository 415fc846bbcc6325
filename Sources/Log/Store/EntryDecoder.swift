import Nostr

/// Turns records into entries, inside of one transaction. Keeps the payload's buffer, and what the next record is likely to
/// refer to again.
struct EntryDecoder: ~Copyable {
    private var buffer = PayloadBuffer()
    private var references: References

    /// The parts of a record that were read.
    struct Decoded {
        let leaf: Leaf
        let record: Record
    }

    init(_ transaction: Transaction) {
        references = References(transaction)
    }

    /// The payload that was last decoded; good until the next.
    var payload: UnsafeRawBufferPointer { buffer.bytes }

    /// Reads the leaf of entry `seq`.
    mutating func leaf(_ bytes: UnsafeRawBufferPointer, seq: UInt64) throws(LogError) -> Decoded {
        let record = try Record(bytes, seq: seq)
        let roots = try references.roots(of: record, seq: seq)
        let leaf = Leaf(
            type: record.type, flags: record.flags, schema: record.schema, seq: seq, time: record.time,
            rules: record.rules, commitment: record.commitment, membersRoot: roots.members, stateRoot: roots.state)
        return Decoded(leaf: leaf, record: record)
    }

    /// Reads the whole of entry `seq`, and checks the payload against the commitment if asked.
    mutating func entry(
        _ bytes: UnsafeRawBufferPointer, seq: UInt64, checkingCommitment: Bool
    ) throws(LogError) -> EntryView {
        let decoded = try leaf(bytes, seq: seq)
        let record = decoded.record
        guard let salt = record.salt else {
            return EntryView(
                leaf: decoded.leaf, salt: nil, payload: nil, document: nil, isServedEvent: false, hasEvent: false)
        }
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
            guard Commitment.of(payload: payload, salt: salt) == decoded.leaf.commitment else {
                throw .damaged(seq: seq, reason: "the payload does not match its commitment")
            }
        }
        return EntryView(
            leaf: decoded.leaf, salt: salt, payload: payload, document: document,
            isServedEvent: record.form.contains(.served), hasEvent: record.form.contains(.event))
    }
}

extension LogError {
    /// The reason alone, for an error that is part of another.
    fileprivate var withoutPosition: String {
        if case .damaged(_, let reason) = self { reason } else { description }
    }
}

/// Follows a record's references to shared contents and to earlier entries' roots.
struct References: SharedContents {
    /// How many keys are remembered: a direct-mapped cache by the content's number.
    private static let cachedKeys = 256

    private let transaction: Transaction
    private var rootsSeq = UInt64.max
    private var roots = (members: Bytes32.zero, state: Bytes32.zero)
    private var keys: [(number: UInt64, key: Bytes32)] = []

    init(_ transaction: Transaction) { self.transaction = transaction }

    mutating func roots(
        of record: borrowing Record, seq: UInt64
    ) throws(LogError) -> (members: Bytes32, state: Bytes32) {
        switch record.roots {
        case .here(let members, let state):
            rootsSeq = seq
            roots = (members, state)
        case .before(let distance):
            let origin = seq &- distance
            if origin != rootsSeq {
                guard let bytes = try LogError.wrapping({ () throws(LMDBError) in
                    try transaction.value(.entry, Key(origin))
                }) else {
                    throw .damaged(seq: seq, reason: "its roots stand in entry \(origin), which is missing")
                }
                guard case .here(let members, let state) = try Record(bytes, seq: origin).roots else {
                    throw .damaged(seq: seq, reason: "its roots do not stand in entry \(origin)")
                }
                rootsSeq = origin
                roots = (members, state)
            }
        }
        return roots
    }

    func content(_ number: UInt64) throws(LogError) -> UnsafeRawBufferPointer {
        let sealed = try LogError.wrapping { () throws(LMDBError) in try transaction.value(.content, Key(number)) }
        guard let sealed else { throw .damaged(seq: nil, reason: "the shared content \(number) is missing") }
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
