/// One message in, one message out, for either side.
///
/// The work is bounded by the message: each of its ranges costs one search and one fingerprint, and the answer ends at its
/// limit. What the answer has no room for becomes one last fingerprint, so that the other side comes back for it.
struct NegentropyRound {
    private let set: NegentropySet
    private let frameBytes: Int
    private let isInitiator: Bool
    private var output = NegentropyWriter()
    /// The index of the first event behind the ranges that were dealt with.
    private var position = 0
    /// Where those ranges end.
    private var bound = NegentropyBound.start
    /// Whether the last of them have yet to be skipped in the answer.
    private var mustSkip = false

    /// What the initiator learned: ids that only it has, and ids that only the other side has.
    private(set) var have: [EventID] = []
    private(set) var need: [EventID] = []

    init(_ set: NegentropySet, frameBytes: Int, isInitiator: Bool) {
        precondition(frameBytes >= Negentropy.minimumFrameBytes, "a message needs room")
        self.set = set
        self.frameBytes = frameBytes
        self.isInitiator = isInitiator
    }

    /// The message that begins a reconciliation.
    mutating func begin() -> [UInt8] {
        split(0..<set.count, to: .infinity)
        return output.bytes
    }

    /// The answer to the ranges that `reader` comes to; the version has been read.
    mutating func run(_ reader: inout NegentropyReader) throws(NegentropyError) -> [UInt8] {
        while !reader.isAtEnd {
            guard !bound.isInfinite else { throw reader.malformed("there is something behind the last range") }
            let end = try reader.bound()
            guard !(end.place < bound.place) else { throw reader.malformed("the ranges are not in order") }
            let range = position..<set.index(of: end, from: position)
            let isDone =
                switch try reader.mode() {
                case .skip: skip()
                case .fingerprint: compare(range, to: end, try reader.fingerprint())
                case .idList: takeIDs(range, to: end, try reader.idList())
                }
            guard isDone else { break }
            position = range.upperBound
            bound = end
        }
        return output.bytes
    }

    // MARK: Ranges; `false` says that the answer is full

    private mutating func skip() -> Bool {
        mustSkip = true
        return true
    }

    private mutating func compare(
        _ range: Range<Int>, to end: NegentropyBound, _ theirs: NegentropyFingerprint
    ) -> Bool {
        guard set.fingerprint(range) != theirs else { return skip() }
        writeSkip()
        let mark = output.mark
        split(range, to: end)
        guard output.bytes.count > room else { return true }
        output.rollBack(to: mark)
        return endEarly(at: range.lowerBound)
    }

    private mutating func takeIDs(_ range: Range<Int>, to end: NegentropyBound, _ theirs: ArraySlice<UInt8>) -> Bool {
        guard !isInitiator else {
            learn(range, theirs)
            return skip()
        }
        writeSkip()
        let header = NegentropyWriter.longestBound + NegentropyWriter.longestVarint + 1
        let fitting = (room - output.bytes.count - header) / Bytes32.count
        guard fitting < range.count else {
            output.idList(set.items[range], to: end)
            return true
        }
        let cut = range.lowerBound + max(0, fitting)
        if cut > range.lowerBound {
            let bound = NegentropyBound(between: set.items[cut - 1], and: set.items[cut])
            output.idList(set.items[range.lowerBound..<cut], to: bound)
        }
        return endEarly(at: cut)
    }

    private mutating func learn(_ range: Range<Int>, _ list: ArraySlice<UInt8>) {
        var theirs: Set<EventID> = []
        list.withUnsafeBytes { bytes in
            theirs.reserveCapacity(bytes.count / Bytes32.count)
            for offset in stride(from: 0, to: bytes.count, by: Bytes32.count) {
                theirs.insert(EventID(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + Bytes32.count])))
            }
        }
        for item in set.items[range] where theirs.remove(item.id) == nil { have.append(item.id) }
        need.append(contentsOf: theirs.sorted())
    }

    // MARK: Writing

    /// How long the answer may get before it has to end.
    private var room: Int { frameBytes - Negentropy.reservedBytes }

    private mutating func writeSkip() {
        guard mustSkip else { return }
        mustSkip = false
        output.skip(to: bound)
    }

    /// One fingerprint of everything from an event on.
    private mutating func endEarly(at index: Int) -> Bool {
        output.fingerprint(set.fingerprint(index..<set.count), to: .infinity)
        return false
    }

    /// What this side has in a range: few ids as they are, more as fingerprints of equal parts.
    private mutating func split(_ range: Range<Int>, to end: NegentropyBound) {
        guard range.count >= Negentropy.buckets * 2 else {
            output.idList(set.items[range], to: end)
            return
        }
        var start = range.lowerBound
        for bucket in 0..<Negentropy.buckets {
            let size = range.count / Negentropy.buckets + (bucket < range.count % Negentropy.buckets ? 1 : 0)
            let next = start + size
            let bound =
                next == range.upperBound ? end : NegentropyBound(between: set.items[next - 1], and: set.items[next])
            output.fingerprint(set.fingerprint(start..<next), to: bound)
            start = next
        }
    }
}
