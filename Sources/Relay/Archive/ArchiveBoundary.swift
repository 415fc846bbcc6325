import Log
import Nostr
import Reducers

/// Where an archive can end: before a mark whose state the log commits to, so that a replay can begin behind it.
struct ArchiveBoundary {
    /// The position of the mark.
    let snapshot: UInt64
    /// The state at the mark.
    let state: RelayState
    /// Entries before this position can be archived: a multiple of 256, at most one beyond the mark.
    let end: UInt64

    /// Positions looked at in one read transaction.
    private static let entriesPerRead: UInt64 = 4_096
    /// Marks that are tried: behind an erasure their states may not be what a replay comes to.
    private static let maximumTries = 64
    /// Entries of one run of the tree, as files begin and end.
    static let alignment: UInt64 = 256

    /// The latest boundary before `time`, in microseconds since 1970; `nil` where there is none behind what is archived.
    static func latest(in log: EventLog, before time: Int64) throws -> ArchiveBoundary? {
        let (limit, archived) = try log.read { (try $0.firstPosition(atOrAfter: time), $0.archivedEnd) }
        var upper = limit
        var tries = 0
        while upper > archived {
            let lower = max(archived, upper - min(upper, entriesPerRead))
            for mark in try marks(in: lower..<upper, of: log).reversed() {
                guard (mark + 1) / alignment * alignment > archived, tries < maximumTries else { return nil }
                tries += 1
                if let boundary = try at(mark, in: log) { return boundary }
            }
            upper = lower
        }
        return nil
    }

    private static func marks(in positions: Range<UInt64>, of log: EventLog) throws -> [UInt64] {
        var marks: [UInt64] = []
        try log.read { reader in
            try reader.forEachEntry(
                from: positions.lowerBound, to: positions.upperBound, checkingCommitments: false,
                skippingPayload: { _ in true }
            ) { entry in
                if entry.leaf.type == .mark { marks.append(entry.leaf.seq) }
                return true
            }
        }
        return marks
    }

    /// The boundary at a mark; `nil` if the state there is not what the next entry says.
    private static func at(_ mark: UInt64, in log: EventLog) throws -> ArchiveBoundary? {
        try log.read { reader in
            guard let next = try reader.leaf(at: mark + 1) else { return nil }
            let state = try Replayer.state(of: reader, before: mark + 1)
            guard state.position?.seq == mark, state.stateRoot == next.stateRoot else { return nil }
            return ArchiveBoundary(snapshot: mark, state: state, end: (mark + 1) / alignment * alignment)
        }
    }
}
