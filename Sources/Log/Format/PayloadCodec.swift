import Nostr

/// The stored form of a payload: verbatim, or a skeleton with holes (docs/log-format.md, "Record").
///
/// A hole is a stretch of the payload that is stored shorter: hex digits as bytes, or a long content as the hash under which
/// it is stored once.
enum PayloadCodec {
    static let verbatim: UInt8 = 0
    static let holes: UInt8 = 1

    private static let sharedHole: UInt8 = 0xff
    /// The most holes that one payload has.
    private static let maximumHoles = 8
    /// The longest payload that is stored or read back.
    static let maximumPayloadBytes = 16 << 20
    /// Contents shorter than this are not worth a place of their own.
    static let minimumSharedBytes = 256

    /// A content that is stored once.
    struct Shared: Equatable {
        var hash: Bytes32
        var range: Range<Int>
    }

    /// Appends the stored form to a record and names the shared content it refers to.
    static func encode(_ payload: [UInt8], shape: PayloadShape, to record: inout [UInt8]) -> Shared? {
        var shared: Shared?
        var stretches = shape.hex.filter { isPackable(payload, $0) }
        if let range = shape.shared, range.count >= minimumSharedBytes, isInside(range, payload) {
            shared = Shared(hash: SHA256.hash(Array(payload[range])), range: range)
            stretches.append(range)
        }
        stretches.sort { $0.lowerBound < $1.lowerBound }
        let overlaps = zip(stretches, stretches.dropFirst()).contains { $0.upperBound > $1.lowerBound }
        guard !stretches.isEmpty || shape.document != nil, !overlaps, stretches.count <= maximumHoles else {
            record.append(verbatim)
            record.append(contentsOf: payload)
            return nil
        }
        let document = shape.document.flatMap { isInside($0, payload) ? $0 : nil } ?? 0..<0
        record.append(holes)
        record.append(variable: document.lowerBound)
        record.append(variable: document.count)
        record.append(variable: stretches.count)
        var end = 0
        for stretch in stretches {
            record.append(variable: stretch.lowerBound - end)
            if let shared, shared.range == stretch {
                record.append(sharedHole)
                record.append(variable: stretch.count)
                shared.hash.append(to: &record)
            } else {
                record.append(UInt8(stretch.count / 2))
                pack(payload, stretch, to: &record)
            }
            end = stretch.upperBound
        }
        end = 0
        for stretch in stretches {
            record.append(contentsOf: payload[end..<stretch.lowerBound])
            end = stretch.upperBound
        }
        record.append(contentsOf: payload[end...])
        return shared
    }

    private static func isInside(_ range: Range<Int>, _ payload: [UInt8]) -> Bool {
        range.lowerBound >= 0 && range.upperBound <= payload.count
    }

    private static func isPackable(_ payload: [UInt8], _ range: Range<Int>) -> Bool {
        (range.count == 64 || range.count == 128) && isInside(range, payload)
            && payload[range].allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func pack(_ payload: [UInt8], _ range: Range<Int>, to record: inout [UInt8]) {
        let start = record.count
        record.append(contentsOf: repeatElement(0, count: range.count / 2))
        payload.withUnsafeBytes { source in
            record.withUnsafeMutableBytes { target in
                _ = Hex.decode(
                    UnsafeRawBufferPointer(rebasing: source[range]),
                    into: UnsafeMutableRawBufferPointer(rebasing: target[start...]))
            }
        }
    }

    /// Rebuilds a payload into `payload` and returns the range of its document.
    ///
    /// - Parameter content: appends the shared content of a hash; `false` when there is none.
    /// - Returns: `nil` for a stored form that no encoder wrote.
    static func decode(
        _ stored: UnsafeRawBufferPointer, into payload: inout [UInt8],
        content: (Bytes32, inout [UInt8]) throws -> Bool
    ) rethrows -> Range<Int>?? {
        payload.removeAll(keepingCapacity: true)
        guard let codec = stored.first else { return nil }
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: stored[1...]))
        if codec == verbatim {
            payload.append(contentsOf: reader.remaining)
            return .some(nil)
        }
        guard codec == holes, let start = reader.variable(), let count = reader.variable(),
            let holeCount = reader.variable(), holeCount <= maximumHoles
        else { return nil }
        var descriptors = reader
        for _ in 0..<holeCount {
            guard reader.variable() != nil, skipHole(&reader) else { return nil }
        }
        for _ in 0..<holeCount {
            guard let gap = descriptors.variable(), let skeleton = reader.take(gap) else { return nil }
            payload.append(contentsOf: skeleton)
            guard try fill(&descriptors, &payload, content) else { return nil }
        }
        payload.append(contentsOf: reader.remaining)
        guard payload.count <= maximumPayloadBytes, start <= payload.count, count <= payload.count - start else {
            return nil
        }
        return .some(count == 0 ? nil : start..<start + count)
    }

    private static func skipHole(_ reader: inout ByteReader) -> Bool {
        guard let kind: UInt8 = reader.integer() else { return false }
        guard kind == sharedHole else { return (kind == 32 || kind == 64) && reader.take(Int(kind)) != nil }
        return reader.variable() != nil && reader.take(Bytes32.count) != nil
    }

    private static func fill(
        _ reader: inout ByteReader, _ payload: inout [UInt8], _ content: (Bytes32, inout [UInt8]) throws -> Bool
    ) rethrows -> Bool {
        guard let kind: UInt8 = reader.integer() else { return false }
        guard kind == sharedHole else {
            guard let bytes = reader.take(Int(kind)) else { return false }
            Hex.append(bytes, to: &payload)
            return true
        }
        guard let length = reader.variable(), let hash = reader.take(Bytes32.count) else { return false }
        let before = payload.count
        return try content(Bytes32(hash), &payload) && payload.count == before + length
    }
}
