/// The side that answers: a relay. It keeps nothing between messages but its set.
public struct NegentropyResponder: Sendable {
    /// The events that are offered.
    public let set: NegentropySet
    private let frameBytes: Int

    /// A side that answers from this set with messages of at most `frameBytes`, which are no fewer than
    /// `Negentropy.minimumFrameBytes`.
    public init(_ set: NegentropySet, frameBytes: Int = Negentropy.defaultFrameBytes) {
        self.set = set
        self.frameBytes = frameBytes
    }

    /// The answer to one message. To one of another version it is the version that is spoken here.
    public func reply(to message: [UInt8]) throws(NegentropyError) -> [UInt8] {
        guard let version = message.first else { throw .empty }
        guard version == Negentropy.version else { return [Negentropy.version] }
        var reader = NegentropyReader(message)
        _ = try reader.byte()
        var round = NegentropyRound(set, frameBytes: frameBytes, isInitiator: false)
        return try round.run(&reader)
    }
}
