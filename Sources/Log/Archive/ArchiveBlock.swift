import Nostr

/// A run of entries as an archive file holds it, unpacked.
///
/// The columns stand one behind the other, so that what repeats is near its like: heads, then salts, then payloads. A
/// commitment is stored only where the payload was erased, and a salt only where it does not follow from the input's:
/// both are computed, and the root over the leaves shows whether rightly.
final class ArchiveBlock: Sendable {
    /// One entry.
    struct Row: Sendable {
        let leaf: Leaf
        /// `nil` once erased, like the payload.
        let salt: Bytes32?
        /// Where the payload is in the block's bytes.
        let payload: Range<Int>
        let form: Record.Form
        let document: Range<Int>?
        let shared: Range<Int>?
    }

    /// What a row's first byte says beside `Record.Form`.
    private enum Mark {
        /// The salt is that of an output of the latest input in the block.
        static let derivedSalt: UInt8 = 32
        /// There is a part that other entries may have, too.
        static let shared: UInt8 = 64
    }

    let first: UInt64
    let rows: [Row]
    private let bytes: [UInt8]

    var end: UInt64 { first + UInt64(rows.count) }
    var leaves: [Leaf] { rows.map(\.leaf) }

    /// Calls `body` with an entry of the block.
    func withEntry<R>(
        at seq: UInt64, skippingPayload: (Leaf) -> Bool = { _ in false }, _ body: (borrowing EntryView) throws -> R
    ) rethrows -> R {
        let row = rows[Int(seq - first)]
        guard let salt = row.salt, !skippingPayload(row.leaf) else { return try body(EntryView(leaf: row.leaf)) }
        return try bytes.withUnsafeBytes { bytes in
            try body(
                EntryView(
                    leaf: row.leaf, salt: salt, payload: bytes.slice(row.payload), document: row.document,
                    isServedEvent: row.form.contains(.served), hasEvent: row.form.contains(.event),
                    isWithdrawn: row.form.contains(.withdrawn), shared: row.shared))
        }
    }

    /// Entry `seq`.
    func entry(at seq: UInt64) -> Entry {
        withEntry(at: seq) { view in
            Entry(
                leaf: view.leaf, salt: view.salt, payload: view.payload.map { Array($0) }, document: view.document,
                isServedEvent: view.isServedEvent)
        }
    }

    /// The roots over each run of 256 leaves.
    var roots: [Bytes32] {
        let hashes = rows.map(\.leaf.hash)
        let run = Int(ArchiveFormat.rootEntries)
        return stride(from: 0, to: hashes.count, by: run).map {
            MerkleTree.root(of: Array(hashes[$0..<min($0 + run, hashes.count)]))
        }
    }

    // MARK: - Writing

    /// The bytes of a block of these entries.
    static func encode(_ entries: [ExportedEntry]) -> [UInt8] {
        var heads: [UInt8] = []
        var salts: [UInt8] = []
        var payloads: [UInt8] = []
        var derivation = SaltDerivation()
        for entry in entries {
            let leaf = entry.leaf
            let derived = derivation.next(leaf.type)
            derivation.see(leaf.type, entry.body?.salt)
            guard let body = entry.body else {
                heads.append(0)
                appendHead(leaf, to: &heads)
                leaf.commitment.append(to: &salts)
                continue
            }
            var mark = body.form.rawValue
            let isDerived = derived == body.salt
            if isDerived { mark |= Mark.derivedSalt }
            if body.shared != nil { mark |= Mark.shared }
            heads.append(mark)
            appendHead(leaf, to: &heads)
            Varint.append(UInt64(body.payload.count), to: &heads)
            for range in [body.document, body.shared] {
                guard let range else { continue }
                Varint.append(UInt64(range.lowerBound), to: &heads)
                Varint.append(UInt64(range.count), to: &heads)
            }
            if !isDerived { body.salt.append(to: &salts) }
            payloads += body.payload
        }
        var output: [UInt8] = []
        output.append(bigEndian: UInt32(entries.count))
        output.append(bigEndian: UInt32(heads.count))
        output.append(bigEndian: UInt32(salts.count))
        return output + heads + salts + payloads
    }

    private static func appendHead(_ leaf: Leaf, to output: inout [UInt8]) {
        output.append(leaf.type.rawValue)
        output.append(leaf.flags)
        output.append(bigEndian: leaf.schema)
        output.append(bigEndian: leaf.time)
        output.append(bigEndian: leaf.rules)
        leaf.membersRoot.append(to: &output)
        leaf.stateRoot.append(to: &output)
    }

    // MARK: - Reading

    /// Reads a block whose first entry is `first`. Commitments come from the payloads; whether the leaves are the log's
    /// is for `roots` to say.
    init(_ bytes: [UInt8], first: UInt64) throws(ArchiveDamage) {
        self.first = first
        self.bytes = bytes
        rows = try bytes.withUnsafeBufferPointer { (buffer) throws(ArchiveDamage) in
            try ArchiveBlock.rows(UnsafeRawBufferPointer(buffer), first: first)
        }
    }

    private static let malformed = ArchiveDamage("a block cannot be read")

    private static func rows(_ bytes: UnsafeRawBufferPointer, first: UInt64) throws(ArchiveDamage) -> [Row] {
        var start = ByteReader(bytes)
        guard let count = start.number(UInt32.self), let headSize = start.number(UInt32.self),
            let saltSize = start.number(UInt32.self), count <= UInt32(ArchiveFormat.blockEntries),
            let headBytes = start.take(Int(headSize)), let saltBytes = start.take(Int(saltSize))
        else { throw malformed }
        var heads = ByteReader(headBytes)
        var salts = ByteReader(saltBytes)
        var payload = start.position
        var rows: [Row] = []
        rows.reserveCapacity(Int(count))
        var derivation = SaltDerivation()
        for index in 0..<UInt64(count) {
            guard let mark = heads.byte(), mark & ~(Record.Form.all | Mark.derivedSalt | Mark.shared) == 0,
                var leaf = leaf(&heads, seq: first + index)
            else { throw malformed }
            let form = Record.Form(rawValue: mark & Record.Form.all)
            let derived = derivation.next(leaf.type)
            guard form.contains(.payload) else {
                guard mark == 0, let commitment = salts.bytes32() else { throw malformed }
                leaf.commitment = commitment
                derivation.see(leaf.type, nil)
                rows.append(
                    Row(leaf: leaf, salt: nil, payload: payload..<payload, form: form, document: nil, shared: nil))
                continue
            }
            guard let length = heads.varint(), length <= UInt64(bytes.count - payload) else { throw malformed }
            let document = form.contains(.document) ? try range(&heads, in: length) : nil
            let shared = mark & Mark.shared != 0 ? try range(&heads, in: length) : nil
            guard let salt = mark & Mark.derivedSalt != 0 ? derived : salts.bytes32() else { throw malformed }
            derivation.see(leaf.type, salt)
            let place = payload..<payload + Int(length)
            leaf.commitment = Commitment.of(payload: bytes.slice(place), salt: salt)
            rows.append(
                Row(leaf: leaf, salt: salt, payload: place, form: form, document: document, shared: shared))
            payload = place.upperBound
        }
        guard heads.isAtEnd, salts.isAtEnd, payload == bytes.count else { throw malformed }
        return rows
    }

    private static func leaf(_ reader: inout ByteReader, seq: UInt64) -> Leaf? {
        guard let type = reader.byte().flatMap({ EntryType(rawValue: $0) }), let flags = reader.byte(),
            flags & ~LeafFlags.known == 0, let schema = reader.number(UInt16.self),
            let time = reader.number(Int64.self), let rules = reader.number(UInt32.self),
            let members = reader.bytes32(), let state = reader.bytes32()
        else { return nil }
        return Leaf(
            type: type, flags: flags, schema: schema, seq: seq, time: time, rules: rules, commitment: .zero,
            membersRoot: members, stateRoot: state)
    }

    private static func range(_ reader: inout ByteReader, in length: UInt64) throws(ArchiveDamage) -> Range<Int> {
        guard let start = reader.varint(), let count = reader.varint(), start <= length, count <= length - start else {
            throw malformed
        }
        return Int(start)..<Int(start + count)
    }
}

/// Which salt an output has, if it has the one that follows from its input's.
private struct SaltDerivation {
    private var input: Bytes32?
    private var outputs: UInt32 = 0

    /// The salt of the next entry, if it is an output of the latest input.
    func next(_ type: EntryType) -> Bytes32? {
        guard type.isDerived, let input else { return nil }
        return Commitment.outputSalt(input: input, index: outputs + 1)
    }

    mutating func see(_ type: EntryType, _ salt: Bytes32?) {
        if type.isDerived {
            outputs += 1
        } else {
            input = salt
            outputs = 0
        }
    }
}

extension EntryType {
    /// Whether such entries follow from the input before them.
    fileprivate var isDerived: Bool {
        switch self {
        case .membershipEffect, .decision, .relayEvent: true
        default: false
        }
    }
}

extension ExportedEntry.Body {
    /// The form that a record of it has.
    var form: Record.Form {
        var form: Record.Form = .payload
        if document != nil { form.insert(.document) }
        if isEvent { form.insert(.event) }
        if isServed { form.insert(.served) }
        if isWithdrawn { form.insert(.withdrawn) }
        return form
    }
}
