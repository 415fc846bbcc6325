import Nostr

/// An entry as it is stored: the leaf as it is hashed, the salt, and the packed payload (docs/log-format.md, "entry").
///
///     leaf[124] ‖ salt[32] ‖ checksum u32 ‖ form u8 ‖ edges of the document ‖ packed payload
///     leaf[124] ‖ checksum u32 ‖ form u8                                                          once erased
struct Record {
    /// What there is in the record.
    struct Form: OptionSet {
        let rawValue: UInt8
        /// Salt and payload are there; else they were erased.
        static let payload = Form(rawValue: 1)
        /// There is a document in the payload.
        static let document = Form(rawValue: 2)
        /// The document is an event, which is indexed by its id.
        static let event = Form(rawValue: 4)
        /// The event was appended to be served.
        static let served = Form(rawValue: 8)
        /// Queries do not find the event any more: what superseded or deleted it was erased.
        static let withdrawn = Form(rawValue: 16)

        static let all: UInt8 = 31
    }

    /// Where the packed part begins, with salt.
    static let saltEnd = Leaf.size + Bytes32.count
    /// The length of a record whose payload was erased.
    static let erasedSize = Leaf.size + Checksum.size + 1

    let leaf: Leaf
    let form: Form
    let salt: Bytes32?
    /// Bytes of the payload before and behind the document.
    let documentEdges: (before: Int, after: Int)?
    /// The packed payload.
    let packed: UnsafeRawBufferPointer

    /// Reads the record of entry `seq`: its checksum and its structure.
    init(_ bytes: UnsafeRawBufferPointer, seq: UInt64) throws(LogError) {
        let isErased = bytes.count == Record.erasedSize
        let headEnd = isErased ? Leaf.size : Record.saltEnd
        guard bytes.count > headEnd + Checksum.size else { throw Record.malformed(seq) }
        guard Record.checksum(bytes, headEnd, seq: seq) == bytes.number(at: headEnd, as: UInt32.self) else {
            throw .damaged(seq: seq, reason: Record.mismatch(bytes, headEnd))
        }
        do {
            leaf = try Leaf(bytes.slice(0..<Leaf.size))
        } catch {
            throw .damaged(seq: seq, reason: error.description)
        }
        guard leaf.seq == seq else { throw .damaged(seq: seq, reason: "its leaf says that it is entry \(leaf.seq)") }
        var reader = ByteReader(bytes.slice(headEnd + Checksum.size..<bytes.count))
        guard let rawForm = reader.byte(), rawForm <= Form.all else { throw Record.malformed(seq) }
        form = Form(rawValue: rawForm)
        guard form.contains(.payload) != isErased else { throw Record.malformed(seq) }
        salt = isErased ? nil : Bytes32(bytes.slice(Leaf.size..<Record.saltEnd))
        if form.contains(.document), !isErased {
            let limit = UInt64(PayloadLimits.maximumBytes)
            guard let before = reader.varint(), let after = reader.varint(), before <= limit, after <= limit else {
                throw Record.malformed(seq)
            }
            documentEdges = (Int(before), Int(after))
        } else {
            documentEdges = nil
        }
        packed = reader.bytes.slice(reader.position..<reader.bytes.count)
    }

    /// Why the checksum, which the position is part of, does not fit: the bytes may be those of another entry.
    private static func mismatch(_ bytes: UnsafeRawBufferPointer, _ headEnd: Int) -> String {
        let own = bytes.number(at: 8, as: UInt64.self)
        guard Record.checksum(bytes, headEnd, seq: own) == bytes.number(at: headEnd, as: UInt32.self) else {
            return "its stored bytes do not match their checksum"
        }
        return "the log was reordered: the bytes of entry \(own) are stored here"
    }

    static func malformed(_ seq: UInt64) -> LogError {
        .damaged(seq: seq, reason: "its stored form cannot be read")
    }

    /// The checksum of everything before and behind itself.
    private static func checksum(_ bytes: UnsafeRawBufferPointer, _ headEnd: Int, seq: UInt64) -> UInt32 {
        let head = Checksum.xxh64(bytes.slice(0..<headEnd), seed: seq)
        return Checksum.short(bytes.slice(headEnd + Checksum.size..<bytes.count), seed: head)
    }
}

extension Record {
    /// Begins the record of an entry: everything before the packed payload. That and `finish` have to follow.
    static func begin(
        _ leaf: Leaf, salt: Bytes32, form: Form, documentEdges: (before: Int, after: Int)?, in output: inout [UInt8]
    ) {
        output.removeAll(keepingCapacity: true)
        var form = form.union(.payload)
        if documentEdges != nil { form.insert(.document) }
        leaf.withEncoded { output.append(contentsOf: $0) }
        salt.append(to: &output)
        output.append(bigEndian: UInt32(0))
        output.append(form.rawValue)
        if let documentEdges {
            Varint.append(UInt64(documentEdges.before), to: &output)
            Varint.append(UInt64(documentEdges.after), to: &output)
        }
    }

    /// The record of an entry whose payload was erased.
    static func erased(_ leaf: Leaf) -> [UInt8] {
        var output = leaf.encoded()
        output.append(bigEndian: UInt32(0))
        output.append(Form().rawValue)
        finish(&output, seq: leaf.seq)
        return output
    }

    /// A record, which has a payload, in another form.
    static func changed(_ record: UnsafeRawBufferPointer, to form: Form, seq: UInt64) -> [UInt8] {
        var output = Array(record)
        output[saltEnd + Checksum.size] = form.rawValue
        finish(&output, seq: seq)
        return output
    }

    /// Writes the checksum.
    static func finish(_ output: inout [UInt8], seq: UInt64) {
        output.withUnsafeMutableBytes { bytes in
            let headEnd = bytes.count == erasedSize ? Leaf.size : saltEnd
            let checksum = Record.checksum(UnsafeRawBufferPointer(bytes), headEnd, seq: seq)
            bytes.storeBytes(of: checksum.bigEndian, toByteOffset: headEnd, as: UInt32.self)
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
