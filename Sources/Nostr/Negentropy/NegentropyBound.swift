/// The exclusive end of one range and the inclusive beginning of the next.
struct NegentropyBound: Equatable, Sendable {
    /// The time that stands for the end of everything; no event has it.
    static let infiniteTime = UInt64.max

    /// The first event that could be behind the bound: the id's bytes that are not sent are 0.
    let place: EventIdentity
    /// How many bytes of the id are sent, 0 to 32.
    let idBytes: Int

    /// Before everything.
    static let start = NegentropyBound(place: EventIdentity(createdAt: 0, id: .zero), idBytes: 0)
    /// Behind everything.
    static let infinity = NegentropyBound(place: EventIdentity(createdAt: infiniteTime, id: .zero), idBytes: 0)

    /// A bound as it came in.
    init(place: EventIdentity, idBytes: Int) {
        self.place = place
        self.idBytes = idBytes
    }

    /// The shortest bound between two events that follow each other.
    init(between last: EventIdentity, and next: EventIdentity) {
        guard last.createdAt == next.createdAt else {
            self.init(place: EventIdentity(createdAt: next.createdAt, id: .zero), idBytes: 0)
            return
        }
        let (left, right) = (last.id.bytes, next.id.bytes)
        let common = zip(left, right).prefix { $0 == $1 }.count
        let count = min(common + 1, Bytes32.count)
        let prefix = Array(right.prefix(count)) + [UInt8](repeating: 0, count: Bytes32.count - count)
        let id = prefix.withUnsafeBytes { Bytes32($0) }
        self.init(place: EventIdentity(createdAt: next.createdAt, id: id), idBytes: count)
    }

    var isInfinite: Bool { place.createdAt == NegentropyBound.infiniteTime }
}
