/// What a stored payload refers to.
enum PackedReferences {
    /// The numbers of the shared contents in an entry's record, once for each reference.
    static func numbers(in record: UnsafeRawBufferPointer, seq: UInt64) throws(LogError) -> [UInt64] {
        try numbers(in: try Record(record, seq: seq))
    }

    /// The same for a record that was read.
    static func numbers(in record: Record) throws(LogError) -> [UInt64] {
        let seq = record.leaf.seq
        var reader = ByteReader(record.packed)
        var numbers: [UInt64] = []
        while let step = reader.byte() {
            if step >= PackedStep.shortText {
                guard reader.take(Int(step &- PackedStep.shortText) &+ 1) != nil else { throw Record.malformed(seq) }
                continue
            }
            if step >= Codebook.firstCode { continue }
            switch step {
            case PackedStep.text:
                guard let count = reader.varint(), count <= UInt64(reader.remaining),
                    reader.take(Int(count)) != nil
                else { throw Record.malformed(seq) }
            case PackedStep.hex32, PackedStep.hex64:
                guard reader.take(step == PackedStep.hex32 ? 32 : 64) != nil else { throw Record.malformed(seq) }
            case PackedStep.decimal:
                guard reader.varint() != nil else { throw Record.malformed(seq) }
            case PackedStep.content, PackedStep.key:
                guard let number = reader.varint() else { throw Record.malformed(seq) }
                numbers.append(number)
            default: throw Record.malformed(seq)
            }
        }
        return numbers
    }
}
