/// Makes inputs out of inputs, the same ones for the same seed.
struct Mutator {
    private var state: UInt64
    private static let telling: [UInt8] = [
        0x00, 0x01, 0x0a, 0x20, 0x22, 0x2c, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x7f, 0x80, 0xff,
    ]

    init(seed: UInt64) { state = seed | 1 }

    /// A number below `bound` (xorshift64*).
    mutating func number(below bound: Int) -> Int {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return Int((state &* 0x2545_f491_4f6c_dd1d) >> 33) % max(1, bound)
    }

    /// One input with up to eight changes, or a splice of two.
    mutating func input(from inputs: [[UInt8]]) -> [UInt8] {
        var bytes = inputs.isEmpty ? [] : inputs[number(below: inputs.count)]
        if number(below: 8) == 0, !inputs.isEmpty {
            let other = inputs[number(below: inputs.count)]
            bytes = Array(bytes.prefix(number(below: bytes.count + 1)) + other.suffix(number(below: other.count + 1)))
        }
        for _ in 0...number(below: 8) { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let place = number(below: bytes.count)
        switch bytes.isEmpty ? 3 : number(below: 6) {
        case 0: bytes[place] ^= 1 << UInt8(number(below: 8))
        case 1: bytes[place] = Mutator.telling[number(below: Mutator.telling.count)]
        case 2: bytes.remove(at: place)
        case 3: bytes.insert(UInt8(number(below: 256)), at: place)
        case 4: bytes.removeSubrange(place..<min(bytes.count, place + number(below: 16)))
        default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 1 + number(below: 40))], at: place)
        }
    }
}
