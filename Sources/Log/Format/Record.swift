import Nostr

/// An entry as it is stored: the leaf in short form, the salt, and the payload (docs/log-format.md, "Table entry").
///
/// The two roots of a leaf seldom change from one entry to the next, so a record that has the same as an earlier one says
/// only how far back that is. The earlier one always has them itself: no chain.
struct Record {
    /// What the leaf and the payload need beyond the record.
    enum Roots: Equatable {
        /// They stand in the record.
        case here(members: Bytes32, state: Bytes32)
        /// They stand in the record of the entry this many positions before.
        case before(distance: UInt64)
    }

    /// What else there is in the record.
    struct Form: OptionSet {
        let rawValue: UInt8
        /// The roots stand here.
        static let rootsHere = Form(rawValue: 1)
        /// Flags and schema are not the usual 0 and 1, and stand here.
        static let unusual = Form(rawValue: 2)
        /// Salt and payload stand here; else they were erased.
        static let payload = Form(rawValue: 4)
        /// There is a document in the payload.
        static let document = Form(rawValue: 8)
        /// The document is an event, which is indexed by its id.
        static let event = Form(rawValue: 16)
        /// The event was appended to be served.
        static let served = Form(rawValue: 32)

        static let all: UInt8 = 63
    }

    static let usualFlags: UInt8 = 0
    static let usualSchema: UInt16 = 1

    let type: EntryType
    let form: Form
    let flags: UInt8
    let schema: UInt16
    let time: Int64
    let rules: UInt32
    let commitment: Bytes32
    let roots: Roots
    let salt: Bytes32?
    /// Bytes of the payload before and behind the document.
    let documentEdges: (before: Int, after: Int)?
    /// The packed payload.
    let packed: UnsafeRawBufferPointer

    /// Reads the record of entry `seq`: its checksum and its structure.
    init(_ bytes: UnsafeRawBufferPointer, seq: UInt64) throws(LogError) {
        var reader = ByteReader(bytes)
        guard let checksum = reader.number(UInt32.self) else { throw Record.malformed(seq) }
        guard Checksum.short(bytes.slice(Checksum.size..<bytes.count), seed: seq) == checksum else {
            throw .damaged(seq: seq, reason: "its stored bytes do not match their checksum")
        }
        guard let rawType = reader.byte(), let type = EntryType(rawValue: rawType), let rawForm = reader.byte(),
            rawForm <= Form.all, let time = reader.number(Int64.self), let commitment = reader.bytes32(),
            let rules = reader.varint(), rules <= UInt64(UInt32.max)
        else { throw Record.malformed(seq) }
        let form = Form(rawValue: rawForm)
        self.type = type
        self.form = form
        self.time = time
        self.commitment = commitment
        self.rules = UInt32(truncatingIfNeeded: rules)
        if form.contains(.unusual) {
            guard let flags = reader.byte(), let schema = reader.number(UInt16.self) else {
                throw Record.malformed(seq)
            }
            self.flags = flags
            self.schema = schema
        } else {
            flags = Record.usualFlags
            schema = Record.usualSchema
        }
        if form.contains(.rootsHere) {
            guard let members = reader.bytes32(), let state = reader.bytes32() else { throw Record.malformed(seq) }
            roots = .here(members: members, state: state)
        } else {
            guard let distance = reader.varint(), distance > 0, distance <= seq else { throw Record.malformed(seq) }
            roots = .before(distance: distance)
        }
        guard form.contains(.payload) else {
            guard reader.isAtEnd else { throw Record.malformed(seq) }
            salt = nil
            documentEdges = nil
            packed = UnsafeRawBufferPointer(rebasing: bytes[..<0])
            return
        }
        guard let salt = reader.bytes32() else { throw Record.malformed(seq) }
        self.salt = salt
        if form.contains(.document) {
            let limit = UInt64(PayloadLimits.maximumBytes)
            guard let before = reader.varint(), let after = reader.varint(), before <= limit, after <= limit else {
                throw Record.malformed(seq)
            }
            documentEdges = (Int(before), Int(after))
        } else {
            documentEdges = nil
        }
        packed = bytes.slice(reader.position..<bytes.count)
    }

    static func malformed(_ seq: UInt64) -> LogError {
        .damaged(seq: seq, reason: "its stored form cannot be read")
    }
}

extension Record {
    /// Begins the record of an entry: everything before the packed payload. That and `finish` have to follow.
    static func begin(
        _ leaf: Leaf, roots: Roots, salt: Bytes32, form: Form, documentEdges: (before: Int, after: Int)?,
        in output: inout [UInt8]
    ) {
        output.removeAll(keepingCapacity: true)
        var form = form.union(.payload)
        if leaf.flags != usualFlags || leaf.schema != usualSchema { form.insert(.unusual) }
        if case .here = roots { form.insert(.rootsHere) }
        if documentEdges != nil { form.insert(.document) }
        output.append(bigEndian: UInt32(0))
        output.append(leaf.type.rawValue)
        output.append(form.rawValue)
        output.append(bigEndian: leaf.time)
        leaf.commitment.append(to: &output)
        Varint.append(UInt64(leaf.rules), to: &output)
        if form.contains(.unusual) {
            output.append(leaf.flags)
            output.append(bigEndian: leaf.schema)
        }
        switch roots {
        case .here(let members, let state):
            members.append(to: &output)
            state.append(to: &output)
        case .before(let distance): Varint.append(distance, to: &output)
        }
        salt.append(to: &output)
        if let documentEdges {
            Varint.append(UInt64(documentEdges.before), to: &output)
            Varint.append(UInt64(documentEdges.after), to: &output)
        }
    }

    /// Puts the checksum in front.
    static func finish(_ output: inout [UInt8], seq: UInt64) {
        output.withUnsafeMutableBytes { bytes in
            let rest = UnsafeRawBufferPointer(rebasing: bytes[Checksum.size...])
            bytes.storeBytes(of: Checksum.short(rest, seed: seq).bigEndian, as: UInt32.self)
        }
    }
}

extension [UInt8] {
    /// Appends a number in big-endian order.
    @inline(__always)
    mutating func append(bigEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }
}
