/// An event as set reconciliation knows it (NIP-77): ordered by time, at equal times by id.
public struct EventIdentity: Hashable, Comparable, Sendable {
    /// Seconds since 1970 by the author's clock.
    public let createdAt: UInt64
    /// The id.
    public let id: EventID

    /// The identity of an event of this time and id.
    public init(createdAt: UInt64, id: EventID) {
        self.createdAt = createdAt
        self.id = id
    }

    /// Negentropy's order: older first, at equal times the lower id first.
    public static func < (left: EventIdentity, right: EventIdentity) -> Bool {
        left.createdAt != right.createdAt ? left.createdAt < right.createdAt : left.id < right.id
    }
}
