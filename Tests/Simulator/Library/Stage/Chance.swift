import Nostr

/// The clock and the chance that a simulated relay is given. One thread at a time: that is the argument for
/// `@unchecked Sendable`.
final class Chance: @unchecked Sendable {
    /// Microseconds since 1970.
    var now = Cast.start
    private var dice: Dice

    init(seed: UInt64) { dice = Dice(seed ^ 0x5eed) }

    var seconds: Int64 { now / 1_000_000 }
    func bytes32() -> Bytes32 { dice.bytes32() }
}
