/// Writes the parts of a message.
struct NegentropyWriter {
    /// Bytes of the longest varint.
    static let longestVarint = 10
    /// Bytes of the longest bound: a time, a length and a whole id.
    static let longestBound = longestVarint + 1 + Bytes32.count

    private(set) var bytes: [UInt8] = [Negentropy.version]
    private var lastTime: UInt64 = 0

    /// A place to come back to.
    struct Mark {
        fileprivate let count: Int
        fileprivate let lastTime: UInt64
    }

    var mark: Mark { Mark(count: bytes.count, lastTime: lastTime) }

    /// Takes back what was written since then.
    mutating func rollBack(to mark: Mark) {
        bytes.removeLast(bytes.count - mark.count)
        lastTime = mark.lastTime
    }

    mutating func skip(to bound: NegentropyBound) {
        write(bound)
        varint(Negentropy.Mode.skip.rawValue)
    }

    mutating func fingerprint(_ fingerprint: NegentropyFingerprint, to bound: NegentropyBound) {
        write(bound)
        varint(Negentropy.Mode.fingerprint.rawValue)
        fingerprint.append(to: &bytes)
    }

    mutating func idList(_ items: ArraySlice<EventIdentity>, to bound: NegentropyBound) {
        write(bound)
        varint(Negentropy.Mode.idList.rawValue)
        varint(UInt64(items.count))
        for item in items { item.id.append(to: &bytes) }
    }

    private mutating func write(_ bound: NegentropyBound) {
        if bound.isInfinite {
            varint(0)
        } else {
            varint(bound.place.createdAt - lastTime + 1)
            lastTime = bound.place.createdAt
        }
        varint(UInt64(bound.idBytes))
        bound.place.id.withUnsafeBytes { bytes.append(contentsOf: $0.prefix(bound.idBytes)) }
    }

    private mutating func varint(_ value: UInt64) { NegentropyWriter.appendVarint(value, to: &bytes) }

    static func appendVarint(_ value: UInt64, to output: inout [UInt8]) {
        let digits = max(1, (UInt64.bitWidth - value.leadingZeroBitCount + 6) / 7)
        for digit in (0..<digits).reversed() {
            let bits = UInt8(truncatingIfNeeded: value >> UInt64(digit * 7)) & 0x7f
            output.append(digit == 0 ? bits : bits | 0x80)
        }
    }
}
