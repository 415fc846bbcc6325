import Glibc
import Nostr

/// Writes a payload in fewer bytes, from which exactly the same payload comes back: hex digits as bytes, decimal
/// numbers as numbers, frequent phrases as one byte each, and what other entries have too as a reference.
///
/// It understands no JSON. It looks behind quotes and behind what it has just replaced, and whatever it does not
/// recognise stays as it is; so it works on any bytes.
struct PayloadPacker {
    /// The longest numbers that always fit into 64 bits.
    private static let longestNumber = 19
    private static let quote: UInt8 = 0x22

    /// A part that is stored elsewhere, with the number of the content.
    let shared: (range: Range<Int>, content: UInt64)?
    /// The numbers of the keys that are stored elsewhere.
    let keys: [PublicKey: KnownKey]

    private let payload: UnsafeRawBufferPointer
    private var position = 0
    /// Where the text that has not been written yet begins.
    private var textStart = 0
    /// The keys that were found, for their references to be counted.
    private(set) var keysUsed: [KnownKey] = []

    init(
        _ payload: UnsafeRawBufferPointer, shared: (range: Range<Int>, content: UInt64)?,
        keys: [PublicKey: KnownKey]
    ) {
        self.payload = payload
        self.shared = shared
        self.keys = keys
    }

    /// Appends the packed payload.
    mutating func pack(to output: inout [UInt8]) {
        // Whether something has just been replaced, so that what follows may begin a phrase or a number.
        var isAfterStep = true
        while position < payload.count {
            if let shared, position == shared.range.lowerBound {
                flush(to: &output)
                output.append(PackedStep.content)
                Varint.append(shared.content, to: &output)
                advance(by: shared.range.count)
                isAfterStep = true
                continue
            }
            let end = limit
            let byte = payload[position]
            if isAfterStep || byte == PayloadPacker.quote {
                if let phrase = Codebook.match(payload.slice(position..<end)) {
                    flush(to: &output)
                    output.append(phrase.code)
                    advance(by: phrase.count)
                    isAfterStep = true
                    continue
                }
            }
            let isAfterQuote = position > 0 && payload[position &- 1] == PayloadPacker.quote
            if isAfterStep || isAfterQuote, packHex(end, to: &output) {
                isAfterStep = true
                continue
            }
            if isAfterStep, packNumber(end, to: &output) { continue }
            isAfterStep = false
            position = byte == PayloadPacker.quote ? position &+ 1 : nextQuote(end)
        }
        flush(to: &output)
    }

    /// Where what is being looked at must end.
    private var limit: Int {
        if let shared, position < shared.range.lowerBound { shared.range.lowerBound } else { payload.count }
    }

    private mutating func advance(by count: Int) {
        position &+= count
        textStart = position
    }

    private func nextQuote(_ end: Int) -> Int {
        guard let base = payload.baseAddress, position &+ 1 < end else { return end }
        let start = base + position + 1
        guard let found = memchr(start, Int32(PayloadPacker.quote), end &- position &- 1) else { return end }
        return UnsafeRawPointer(found) - base
    }

    /// Writes the text since the last step.
    private mutating func flush(to output: inout [UInt8]) {
        let text = payload.slice(textStart..<position)
        textStart = position
        guard !text.isEmpty else { return }
        if text.count <= PackedStep.shortTextMaximum {
            output.append(PackedStep.shortText &+ UInt8(text.count &- 1))
        } else {
            output.append(PackedStep.text)
            Varint.append(UInt64(text.count), to: &output)
        }
        output.append(contentsOf: text)
    }

    private mutating func packHex(_ end: Int, to output: inout [UInt8]) -> Bool {
        guard let first = hex(at: position, end) else { return false }
        if let second = hex(at: position &+ 64, end) {
            flush(to: &output)
            output.append(PackedStep.hex64)
            first.append(to: &output)
            second.append(to: &output)
            advance(by: 128)
            return true
        }
        flush(to: &output)
        if let key = keys[first] {
            output.append(PackedStep.key)
            Varint.append(key.content, to: &output)
            keysUsed.append(key)
        } else {
            output.append(PackedStep.hex32)
            first.append(to: &output)
        }
        advance(by: 64)
        return true
    }

    @inline(__always)
    private func hex(at start: Int, _ end: Int) -> Bytes32? {
        guard end &- start >= 64 else { return nil }
        return Bytes32(hex: payload.slice(start..<start &+ 64))
    }

    /// Packs a number even if it is short: what follows it can then be a phrase.
    private mutating func packNumber(_ end: Int, to output: inout [UInt8]) -> Bool {
        var value: UInt64 = 0
        var index = position
        while index < end, payload[index] &- 0x30 < 10 {
            guard index &- position < PayloadPacker.longestNumber else { return false }
            value = value &* 10 &+ UInt64(payload[index] &- 0x30)
            index &+= 1
        }
        // A number with a zero in front would come back without it.
        guard index > position, payload[position] != 0x30 || index == position &+ 1 else { return false }
        flush(to: &output)
        output.append(PackedStep.decimal)
        Varint.append(value, to: &output)
        advance(by: index &- position)
        return true
    }
}

/// A key that is stored as a shared content.
struct KnownKey: Equatable {
    /// The content's number.
    let content: UInt64
    /// The content's checksum, under which its references are counted.
    let checksum: UInt64
}
