import Nostr

extension Event {
    /// Whether the event was made within `window` seconds of the log's time, either way, and not before `floor`.
    func isFresh(at position: Position, window: Int64, floor: Int64) -> Bool {
        abs(createdAt - position.seconds) <= window && createdAt >= floor
    }

    /// How far the event's clock is from the log's, in words.
    func freshnessFact(at position: Position, basis: UInt64) -> Fact {
        let skew = createdAt - position.seconds
        return Fact("created_at is \(abs(skew)) s \(skew < 0 ? "behind" : "ahead of") the relay's clock", basis: basis)
    }
}

extension SeenIDs.Outcome {
    /// What the memory said, in words.
    var fact: Fact {
        Fact(self == .new ? "the id is new" : "the same signed event was decided before")
    }
}
