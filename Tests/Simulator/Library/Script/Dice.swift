import Nostr

/// Chance that a seed decides: SplitMix64 (Steele, Lea, Flood 2014), the same on every machine.
public struct Dice: Sendable {
    private var state: UInt64

    /// Dice that a seed decides.
    public init(_ seed: UInt64) { state = seed }

    /// 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not 0.
    public mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// Whether something happens that does once in so many times.
    public mutating func once(in times: Int) -> Bool { below(times) == 0 }

    /// One of some.
    public mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

    /// 32 bytes.
    public mutating func bytes32() -> Bytes32 {
        var bytes: [UInt8] = []
        for _ in 0..<4 { withUnsafeBytes(of: next().bigEndian) { bytes.append(contentsOf: $0) } }
        return Bytes32(bytes) ?? .zero
    }
}
