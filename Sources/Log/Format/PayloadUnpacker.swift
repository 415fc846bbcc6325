import Nostr

/// Where packed payloads find what they refer to.
protocol SharedContents {
    /// The content of this number; good until the next call. Throws if it is missing or damaged.
    mutating func content(_ number: UInt64) throws(LogError) -> UnsafeRawBufferPointer
    /// The content of this number, which has 32 bytes.
    mutating func key(_ number: UInt64) throws(LogError) -> Bytes32
}

/// Gives back the payload that `PayloadPacker` wrote.
enum PayloadUnpacker {
    /// Appends the payload to `output`; `false` if these bytes cannot have come from a packer.
    static func unpack(
        _ packed: UnsafeRawBufferPointer, to output: inout PayloadBuffer, contents: inout some SharedContents
    ) throws(LogError) -> Bool {
        var reader = ByteReader(packed)
        while let step = reader.byte() {
            let isGood: Bool
            if step >= PackedStep.shortText {
                isGood = reader.take(Int(step &- PackedStep.shortText) &+ 1).map { output.append($0) } ?? false
            } else if step >= Codebook.firstCode {
                isGood = Codebook.text(step).map { output.append($0) } ?? false
            } else {
                switch step {
                case PackedStep.text:
                    guard let count = reader.varint(), count <= UInt64(reader.remaining) else { return false }
                    isGood = reader.take(Int(count)).map { output.append($0) } ?? false
                case PackedStep.hex32: isGood = reader.take(32).map { output.appendHex($0) } ?? false
                case PackedStep.hex64: isGood = reader.take(64).map { output.appendHex($0) } ?? false
                case PackedStep.decimal: isGood = reader.varint().map { output.appendDecimal($0) } ?? false
                case PackedStep.content:
                    guard let number = reader.varint() else { return false }
                    isGood = output.append(shared: try contents.content(number))
                case PackedStep.key:
                    guard let number = reader.varint() else { return false }
                    isGood = try contents.key(number).withUnsafeBytes { output.appendHex($0) }
                default: isGood = false
                }
            }
            guard isGood else { return false }
        }
        return true
    }
}
