import Nostr

@testable import Log

extension FuzzTarget {
    /// What a damaged file would give the log's decoders.
    static let log = [
        FuzzTarget(name: "payload") { try packPayload($0) },
        FuzzTarget(name: "packed") { try unpackAnything($0) },
        FuzzTarget(name: "record") { try readRecord($0) },
        FuzzTarget(name: "leaf") { try readLeaf($0) },
        FuzzTarget(name: "archive-block") { try readBlock($0) },
        FuzzTarget(name: "archive-header") { try readHeader($0) },
    ]

    private static func unpack(_ packed: [UInt8]) -> [UInt8]? {
        accepted {
            var buffer = PayloadBuffer()
            var contents = NoContents()
            let isGood = try packed.withUnsafeBytes {
                try PayloadUnpacker.unpack($0, to: &buffer, contents: &contents)
            }
            return isGood ? Array(buffer.bytes) : nil
        } ?? nil
    }

    private static func pack(_ payload: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        payload.withUnsafeBytes {
            var packer = PayloadPacker($0, shared: nil, keys: [:])
            packer.pack(to: &output)
        }
        return output
    }

    /// Whatever was packed comes back, and packing makes nothing much longer.
    private static func packPayload(_ input: [UInt8]) throws {
        let packed = pack(input)
        try require(unpack(packed) == input, "the payload changed on its way through the packer")
        try require(packed.count <= input.count * 2 + Varint.maximumSize, "the packed form is twice as long")
    }

    /// Whatever unpacks packs again; nothing grows beyond what its steps can say.
    private static func unpackAnything(_ input: [UInt8]) throws {
        guard let payload = unpack(input) else { return }
        let longest = Codebook.phrases.map(\.utf8CodeUnitCount).max() ?? 0
        try require(payload.count <= input.count * longest, "a payload longer than its steps allow")
        try require(unpack(pack(payload)) == payload, "the payload changed on its way through the packer")
    }

    /// A record reads only under its own position. The checksum is made right first, so that what is behind it is reached.
    private static func readRecord(_ input: [UInt8]) throws {
        guard input.count > Record.saltEnd + Checksum.size || input.count == Record.erasedSize else {
            try require(
                accepted { try input.withUnsafeBytes { _ = try Record($0, seq: 7) } } == nil, "a stub is a record")
            return
        }
        var bytes = input
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: UInt64(7).bigEndian, toByteOffset: 8, as: UInt64.self) }
        Record.finish(&bytes, seq: 7)
        guard accepted({ try bytes.withUnsafeBytes { _ = try Record($0, seq: 7) } }) != nil else { return }
        try require(
            accepted { try bytes.withUnsafeBytes { _ = try Record($0, seq: 8) } } == nil, "it is entry 7 and entry 8")
        let numbers = accepted { try bytes.withUnsafeBytes { try PackedReferences.numbers(in: $0, seq: 7) } }
        let packed = try bytes.withUnsafeBytes { Array(try Record($0, seq: 7).packed) }
        try require(
            unpack(packed) == nil || numbers?.isEmpty == true, "the references of a payload without any are not none")
        bytes[bytes.count - 1] ^= 1
        try require(
            accepted { try bytes.withUnsafeBytes { _ = try Record($0, seq: 7) } } == nil, "a flipped bit goes unseen")
    }

    private static func readLeaf(_ input: [UInt8]) throws {
        if let leaf = accepted({ try Leaf(decoding: input) }) {
            try require(leaf.encoded() == input, "the leaf changed on its way")
        }
        if let frontier = Frontier(decoding: input) {
            try require(frontier.encoded == input, "the frontier changed on its way")
        }
    }

    /// A block of an archive file gives entries with roots, or is refused.
    private static func readBlock(_ input: [UInt8]) throws {
        guard let block = accepted({ try ArchiveBlock(input, first: 256) }) else { return }
        try require(block.rows.count <= Int(ArchiveFormat.blockEntries), "a block of too many entries")
        for seq in block.first..<block.end {
            let entry = block.entry(at: seq)
            try require((entry.payload?.count ?? 0) <= input.count, "a payload longer than its block")
        }
        try require(block.roots.count <= 4, "too many roots")
    }

    private static func readHeader(_ input: [UInt8]) throws {
        let header = accepted { try input.withUnsafeBytes { try ArchiveFormat.Header($0) } }
        guard let header else { return }
        // A name that is no UTF-8 is mended, and may then be too long to be written.
        guard header.origin.utf8.count <= Int(UInt16.max) else { return }
        let again = accepted { try header.encoded.withUnsafeBytes { try ArchiveFormat.Header($0) } }
        try require(again == header, "the header changed on its way")
    }
}

/// A log without shared contents: what refers to one is damaged.
private struct NoContents: SharedContents {
    func content(_ number: UInt64) throws(LogError) -> UnsafeRawBufferPointer {
        throw .damaged(seq: nil, reason: "there is no content \(number)")
    }

    func key(_ number: UInt64) throws(LogError) -> Bytes32 {
        throw .damaged(seq: nil, reason: "there is no key \(number)")
    }
}
