/// The same numbers for the same seed.
struct Dice: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init(seed: UInt64) {
        self.seed = seed
        state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
    }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ (state >> 29)) &* 0x9e37_79b9_7f4a_7c15
    }

    /// A number below `bound`.
    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    /// Whether something happens that happens once in `times`.
    mutating func once(in times: Int) -> Bool { below(times) == 0 }

    /// Microseconds to the next input: mostly little, now and then enough for windows and notes to run out, and now and
    /// then a clock that steps back.
    mutating func pause() -> Int64 {
        switch below(2_000) {
        case 0: -3_000_000
        case 1...2: 70_000_000
        case 3...40: 1_500_000
        default: Int64(below(20_000))
        }
    }
}
