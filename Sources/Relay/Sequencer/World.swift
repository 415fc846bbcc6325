import Nostr

/// What the relay cannot compute but has to be told: time and chance. Everything else follows from its inputs, so that a
/// relay that is given both by a seed does the same every time.
struct World: Sendable {
    /// The clock: microseconds since 1970.
    var now: @Sendable () -> Int64
    /// Random bytes: salts, challenges, invite codes.
    var random: @Sendable () -> Bytes32

    /// The machine's clock and the kernel's randomness.
    static let real = World(now: { Clock.microseconds() }, random: { [pool = RandomPool()] in pool.bytes32() })

    /// The clock in whole seconds, as Nostr events carry it.
    var seconds: Int64 { now() / 1_000_000 }
}
