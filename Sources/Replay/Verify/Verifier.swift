import Dispatch
import Log
import Nostr
import Reducers

/// Recomputes a whole log from entry 0 and compares it with what is stored. Trusts no snapshot, index or stored hash.
///
/// Entries are read in chunks, and four chunks are at work at a time. Of the first, what follows from each input is
/// compared with what is there; the second's inputs are applied in order; the third's entries are checked by themselves:
/// commitments, payloads, ids and signatures; the fourth is read. The first and the third are spread over all cores.
public struct Verifier: Sendable {
    /// Entries in a chunk: enough to keep all cores busy, and read in a short transaction.
    private static let chunkEntries = 4096
    /// Entries that may follow from one input: a policy with another dialect empties every note.
    private static let maximumOutputs = Discovery.maximumNotes + 16

    private let log: EventLog

    /// What is being gone through.
    public enum Stage: Sendable {
        /// The entries: all that matters.
        case entries
        /// The indexes.
        case indexes
    }

    /// Takes how many entries of how many are done at a stage.
    public typealias Progress = (Stage, UInt64, UInt64) -> Void

    /// Verifies that log, as long as it is when `run` begins.
    public init(_ log: EventLog) { self.log = log }

    /// Reads and recomputes everything.
    ///
    /// - Parameters:
    ///   - signatures: whether ids and signatures of events are checked, nearly all of the time.
    ///   - derived: whether the stored tree and the indexes are compared with what the entries give.
    ///   - progress: called now and then.
    /// - Throws: `LogError` when the log cannot be read for a reason that is no entry's.
    public func run(
        signatures: Bool = true, derived: Bool = true, progress: Progress? = nil
    ) throws -> Verification {
        let begun = ContinuousClock.now
        let (size, root, cut) = try log.read { ($0.size, $0.root, try $0.cut()) }
        let beside = derived ? DerivedCheck(log) : nil
        let absent = try log.read { try $0.absentEntries() }
        var recomputation = Recomputation()
        var divergence: Divergence?
        var range = cut?.range ?? 0..<size
        if let cut {
            divergence = try CutCheck(log: log, cut: cut).begin(&recomputation)
        } else if let first = absent.first {
            do throws(Divergence) {
                recomputation = try AbsentBeginning(log, absent: first).recomputation()
            } catch {
                divergence = error
            }
            range = min(recomputation.begins, size)..<size
        }
        divergence =
            divergence ?? recompute(&recomputation, range, EntryCheck(signatures: signatures), progress)
        if let cut, divergence == nil { divergence = try CutCheck(log: log, cut: cut).finish(&recomputation, size) }
        if divergence != nil {
            beside?.cancel()
        } else {
            divergence = try beside?.divergence(stated: root, computed: recomputation.leaves, progress: progress)
            if divergence == nil, beside != nil { divergence = try recomputation.checkpoints.divergence(in: log) }
            if divergence == nil, derived, let fault = try log.checkPages() {
                divergence = Divergence(
                    nil, .index, expected: "pages of which each belongs to one table", found: fault)
            }
        }
        var result = recomputation.result
        result.absent = absent
        result.begins = recomputation.begins
        result.root = recomputation.leaves.root
        result.divergence = divergence
        result.elapsed = ContinuousClock.now - begun
        return result
    }

    /// Recomputes the entries from `start`, which has to be an input, up to `end` alone, and returns the first that is
    /// not what the rules give. The tree, and what stands before, are somebody else's to check.
    ///
    /// - Throws: `LogError` or `ReplayError` when what stands before cannot be replayed.
    func divergence(from start: UInt64, to end: UInt64) throws -> Divergence? {
        guard start < end else { return nil }
        var recomputation = Recomputation()
        if start > 0 {
            let (state, key) = try log.read { reader in
                (
                    try Replayer.state(of: reader, before: start),
                    try VerifierKey(parsing: LogCheckpoints.genesis(of: reader).verifierKey)
                )
            }
            recomputation.begin(state)
            recomputation.trust(key)
        }
        if let divergence = recompute(&recomputation, start..<end, EntryCheck(signatures: true), nil) {
            return divergence
        }
        return try recomputation.checkpoints.divergence(in: log)
    }

    /// Returns the first divergence of an entry.
    private func recompute(
        _ recomputation: inout Recomputation, _ range: Range<UInt64>, _ checks: EntryCheck,
        _ progress: Progress?
    ) -> Divergence? {
        let size = range.upperBound
        guard size > 0 else {
            return Divergence(0, .genesis, expected: "a genesis entry", found: "nothing: the log is empty")
        }
        var reader = ChunkReader(log: log, range)
        var applied: Chunk?
        var checked: Chunk?
        var stopped: Divergence?
        var next = reader.next()
        while true {
            let fresh = stopped == nil ? next : nil
            let group = DispatchGroup()
            if let fresh { Verifier.run(in: group) { fresh.check(checks) } }
            if let applied { Verifier.run(in: group) { applied.compare() } }
            let before = stopped
            if stopped == nil, let checked { stopped = recomputation.apply(checked) }
            if stopped == nil { next = reader.next() }
            group.wait()
            if let applied {
                // What was found by comparing is earlier than where applying a later input stopped.
                let divergence = applied.divergence ?? before
                recomputation.finish(applied, upTo: divergence?.position)
                // What is missing because the next entry could not be read is not missing.
                if let divergence {
                    return reader.failure?.position == divergence.position ? reader.failure : divergence
                }
                progress?(.entries, applied.first + UInt64(applied.count), size)
            }
            applied = checked
            checked = fresh
            if applied == nil, checked == nil { return reader.failure }
        }
    }

    private static func run(in group: DispatchGroup, _ body: @escaping @Sendable () -> Void) {
        DispatchQueue.global(qos: .userInitiated).async(group: group, execute: body)
    }

    /// Reads a log in chunks, each of which ends before an input.
    private struct ChunkReader {
        let log: EventLog
        let size: UInt64
        private var position: UInt64
        /// The entry that could not be read.
        private(set) var failure: Divergence?

        init(log: EventLog, _ range: Range<UInt64>) {
            self.log = log
            size = range.upperBound
            position = range.lowerBound
        }

        /// The next chunk; `nil` at the end, or after an entry that could not be read.
        mutating func next() -> Chunk? {
            guard position < size, failure == nil else { return nil }
            let chunk = Chunk(first: position, capacity: Verifier.chunkEntries + 16)
            do {
                try log.read { reader in
                    try reader.forEachEntry(from: position, to: size, checkingCommitments: false) { entry in
                        if chunk.count >= Verifier.chunkEntries {
                            guard entry.leaf.type.isOutput, chunk.count < Verifier.maximumOutputs else { return false }
                        }
                        chunk.append(entry)
                        return true
                    }
                }
            } catch {
                let reason = if case .damaged(_, let reason)? = error as? LogError { reason } else { "\(error)" }
                failure = Divergence(
                    position + UInt64(chunk.count), .format, expected: "an entry that can be read", found: reason)
            }
            position += UInt64(chunk.count)
            return chunk.count > 0 ? chunk : nil
        }
    }
}
