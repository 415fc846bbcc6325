import Nostr
import Reducers

/// What a report shows of a range of a log.
struct Report {
    /// Attempts that are drawn and told one by one, the latest ones.
    static let maximumStories = 1_000
    /// Members that have a lane, and keys in the graph.
    static let maximumLanes = 200
    /// Pairs that are counted by themselves.
    static let maximumPairs = 20_000
    /// Reasons for refusals that are counted by themselves.
    static let maximumReasons = 200
    /// Keys whose names are remembered.
    static let maximumNames = 20_000
    /// Bars of the overview.
    static let buckets = 60

    var origin = ""
    var relay: PublicKey?
    var positions: Range<UInt64>
    var times: ClosedRange<Int64>
    var logSize: UInt64
    var logRoot: Bytes32
    /// `nil` when it was not asked for.
    var verification: Verification?
    /// The latest checkpoint in the range, if there is one.
    var checkpoint: ReportCheckpoint?

    var granted: UInt64 = 0
    var refused: UInt64 = 0
    var rungAtBothEnds: UInt64 = 0
    var events: UInt64 = 0
    var pairs: [Pair: Count] = [:]
    var overview = [Count](repeating: Count(), count: buckets)
    /// The latest attempts, in their order.
    var stories: [Story] = []
    var refusals: [String: Refusals] = [:]
    /// Why things were turned away before the log, and how often.
    var dropped: [String: UInt64] = [:]
    var spans: [PublicKey: [Span]] = [:]
    /// What members call themselves.
    var names: [PublicKey: String] = [:]
    /// Whether entries were erased, so that checks could not be made again from there on.
    var hasGap = false

    var attempts: UInt64 { granted + refused }

    /// Who asked for whom.
    struct Pair: Hashable, Comparable {
        var requester: PublicKey
        var target: PublicKey

        static func < (left: Pair, right: Pair) -> Bool {
            (left.requester, left.target) < (right.requester, right.target)
        }
    }

    /// How often it ended how.
    struct Count {
        var granted: UInt64 = 0
        var refused: UInt64 = 0

        var all: UInt64 { granted + refused }
    }

    /// A reason, and how often it was given.
    struct Refusals {
        var code: String?
        var count: UInt64 = 0
        var authors: Set<PublicKey> = []
        var latest: UInt64
        var isAboutCalls: Bool
    }

    /// A span in which a key had a role.
    struct Span {
        var role: Role
        /// The entry that began it, its time, and who asked for it; `nil` for the operator.
        var since: UInt64
        var began: Int64
        var by: PublicKey?
        /// When it ended, the entry that ended it, and who asked for that.
        var ended: Int64?
        var until: UInt64?
        var endedBy: PublicKey?
        /// Whether another role follows without a gap.
        var isChange = false
    }

    /// One attempt with what it stood on.
    struct Story {
        var attempt: Attempt
        var checks: [Check] = []
        /// What the rules of that day give now; `nil` where it could not be decided anew.
        var recomputed: Decision?
        /// What would have had to be different.
        var advice: String?
        /// Whether that is not what was recorded.
        var differs = false
        /// Whether the relay was open to everybody then, members or not.
        var wasOpen = false
    }
}

extension Report {
    /// Whether a key was a direct member at that time.
    func isMember(_ key: PublicKey, at time: Int64) -> Bool {
        spans[key]?.contains { $0.began <= time && ($0.ended.map { time < $0 } ?? true) } ?? false
    }

    /// What is drawn: a little more than the range, so that nothing stands on the edge.
    var frame: ClosedRange<Int64> {
        let margin = max(1_000, (times.upperBound - times.lowerBound) / 50)
        return max(0, times.lowerBound - margin)...(times.upperBound + margin)
    }

    /// Where a time is in the frame, from 0 to 100.
    func share(_ time: Int64) -> Double {
        let frame = frame
        let offset = min(max(time, frame.lowerBound), frame.upperBound) - frame.lowerBound
        return 100 * Double(offset) / Double(frame.upperBound - frame.lowerBound)
    }
}
