/// The side that asks, and learns: a client, or an auditor that compares two copies.
public struct NegentropyInitiator: Sendable {
    private let set: NegentropySet
    private let frameBytes: Int

    /// What one answer of the other side told.
    public struct Lesson: Equatable, Sendable {
        /// Ids that only this side has.
        public let have: [EventID]
        /// Ids that only the other side has.
        public let need: [EventID]
        /// What to send next; `nil` when there is nothing more to learn.
        public let next: [UInt8]?
    }

    /// A side that asks about this set with messages of at most `frameBytes`, which are no fewer than
    /// `Negentropy.minimumFrameBytes`.
    public init(_ set: NegentropySet, frameBytes: Int = Negentropy.defaultFrameBytes) {
        self.set = set
        self.frameBytes = frameBytes
    }

    /// The first message.
    public var firstMessage: [UInt8] {
        var round = NegentropyRound(set, frameBytes: frameBytes, isInitiator: true)
        return round.begin()
    }

    /// Learns from an answer. Over all answers each id is told once.
    public func learn(from message: [UInt8]) throws(NegentropyError) -> Lesson {
        guard let version = message.first else { throw .empty }
        guard version == Negentropy.version else { throw .version(version) }
        var reader = NegentropyReader(message)
        _ = try reader.byte()
        var round = NegentropyRound(set, frameBytes: frameBytes, isInitiator: true)
        let next = try round.run(&reader)
        return Lesson(have: round.have, need: round.need, next: next.count > 1 ? next : nil)
    }
}
