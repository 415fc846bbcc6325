/// The digest of the ids in one range: the first 16 bytes of SHA-256 over their sum and their number.
struct NegentropyFingerprint: Equatable, Sendable {
    private let high: UInt64
    private let low: UInt64

    /// The first 16 bytes of `bytes`.
    init(_ bytes: UnsafeRawBufferPointer) {
        high = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    init(of sum: IDSum, count: Int) {
        var input: [UInt8] = []
        input.reserveCapacity(Bytes32.count + NegentropyWriter.longestVarint)
        sum.append(to: &input)
        NegentropyWriter.appendVarint(UInt64(count), to: &input)
        self = SHA256.hash(input).withUnsafeBytes { NegentropyFingerprint($0) }
    }

    func append(to output: inout [UInt8]) {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { output.append(contentsOf: $0) }
    }
}

/// Ids added up modulo 2^256, each read as a little-endian number.
struct IDSum: Equatable, Sendable {
    private var limb0: UInt64 = 0
    private var limb1: UInt64 = 0
    private var limb2: UInt64 = 0
    private var limb3: UInt64 = 0

    static func += (sum: inout IDSum, id: EventID) {
        // The words hold the bytes in big-endian order.
        sum.add(id.word0.byteSwapped, id.word1.byteSwapped, id.word2.byteSwapped, id.word3.byteSwapped)
    }

    static func - (left: IDSum, right: IDSum) -> IDSum {
        var sum = left
        // The negative in two's complement: all bits turned, and one more.
        sum.add(~right.limb0, ~right.limb1, ~right.limb2, ~right.limb3, carry: 1)
        return sum
    }

    private mutating func add(
        _ other0: UInt64, _ other1: UInt64, _ other2: UInt64, _ other3: UInt64, carry: UInt64 = 0
    ) {
        var carry = carry
        func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
            let (first, firstCarry) = left.addingReportingOverflow(right)
            let (second, secondCarry) = first.addingReportingOverflow(carry)
            carry = firstCarry || secondCarry ? 1 : 0
            return second
        }
        limb0 = sum(limb0, other0)
        limb1 = sum(limb1, other1)
        limb2 = sum(limb2, other2)
        limb3 = sum(limb3, other3)
    }

    /// Appends the 32 bytes, least significant first.
    func append(to output: inout [UInt8]) {
        for limb in [limb0, limb1, limb2, limb3] {
            withUnsafeBytes(of: limb.littleEndian) { output.append(contentsOf: $0) }
        }
    }
}
