import Log
import Nostr
import Reducers

/// One look at a log by somebody who saw it before.
struct Monitor {
    /// What a look came to.
    struct Sighting {
        var state: MonitorState
        /// How many entries it has more than last time.
        var grown: UInt64
        /// Whether nothing was known of it before, so that what is there was trusted.
        var isFirst: Bool
        /// Witnesses of the policy that saw the checkpoint.
        var witnesses: [String]
        /// Whether the decisions of the new entries were recomputed.
        var isRecomputed: Bool
    }

    /// The key that the user gave; `nil` to trust the one that is seen first.
    var vkey: VerifierKey?
    var policy: WitnessPolicy?
    /// Microseconds that the newest entry under a checkpoint may be old; `nil` to let it be.
    var staleAfter: Int64?
    /// Where to put the entries of a remote log, whose payloads are handed to auditors only; `nil` to look at the tree
    /// alone.
    var copy: RemoteCopy?

    /// Looks at a log that is served over HTTP.
    func look(
        at address: String, state: MonitorState?, now: Int64, progress: (UInt64, UInt64) -> Void
    ) throws -> Sighting {
        guard let key = vkey ?? state?.key else {
            throw ReplayFailure(
                .negative,
                "it takes the log's key to follow an address: give it by --vkey (NIP-11 and `key show` have it)")
        }
        try checkKey(key, state)
        var tree = RemoteTree(address)
        guard let note = try tree.note() else { throw Alarm(.gap, "\(address)/checkpoint: there is no checkpoint") }
        let (checkpoint, witnesses) = try check(note, key)
        try checkSize(checkpoint, state)
        let seen = state?.frontier ?? Frontier()
        let (frontier, time) = try TreeWalk.walk(&tree, from: seen, to: checkpoint, progress: progress)
        if let copy { try recompute(copy.brought(to: checkpoint.size, now: now), from: seen.size, checkpoint) }
        let latest = time ?? state?.latest ?? 0
        try checkAge(latest, now)
        return Sighting(
            state: MonitorState(key: key, frontier: frontier, seen: now, latest: latest),
            grown: frontier.size - seen.size,
            isFirst: state == nil, witnesses: witnesses, isRecomputed: copy != nil)
    }

    /// Compares a copy with its checkpoint, and its new entries with what the rules give.
    private func recompute(_ log: EventLog, from start: UInt64, _ checkpoint: Checkpoint) throws {
        guard try log.read({ try $0.root(atSize: checkpoint.size) }) == checkpoint.root else {
            throw Alarm(
                .fork,
                "the entries that were copied to \(log.directory) are not those of the checkpoint: another history")
        }
        if let divergence = try Verifier(log).divergence(from: start, to: checkpoint.size) {
            throw Alarm(.divergence, divergence.description)
        }
    }

    /// Looks at a log's own directory: every entry, and what the rules give for it.
    func look(
        in directory: String, state: MonitorState?, now: Int64, progress: (UInt64, UInt64) -> Void
    ) throws -> Sighting {
        var tree = try LocalTree(directory)
        let log = tree.log
        let own = try log.read { try VerifierKey(parsing: LogCheckpoints.genesis(of: $0).verifierKey) }
        let key = vkey ?? state?.key ?? own
        try checkKey(key, state)
        guard own.origin.utf8.elementsEqual(key.origin.utf8) else {
            throw Alarm(.otherLog, "this is the log \(Printable.text(Text(own.origin))), not \(key.origin)")
        }
        guard own == key else { throw Alarm(.otherKey, "entry 0 names the key \(own.text), not \(key.text)") }
        let tip = try log.read { Checkpoint(origin: own.origin, size: $0.size, root: $0.root) }
        try checkSize(tip, state)
        let seen = state?.frontier ?? Frontier()
        if let state { try checkHistory(log, state) }
        let witnesses = try checkNewest(tree.note(), log, key)
        let (frontier, time) = try TreeWalk.walk(&tree, from: seen, to: tip, progress: progress)
        if let divergence = try Verifier(log).divergence(from: seen.size, to: tip.size) {
            throw Alarm(.divergence, divergence.description)
        }
        let latest = time ?? state?.latest ?? 0
        try checkAge(latest, now)
        return Sighting(
            state: MonitorState(key: key, frontier: frontier, seen: now, latest: latest),
            grown: frontier.size - seen.size,
            isFirst: state == nil, witnesses: witnesses, isRecomputed: true)
    }

    private func checkKey(_ key: VerifierKey, _ state: MonitorState?) throws {
        guard let state, state.key != key else { return }
        guard state.key.origin.utf8.elementsEqual(key.origin.utf8) else {
            throw Alarm(.otherLog, "the state file is about \(state.key.origin), not \(key.origin)")
        }
        throw Alarm(.otherKey, "the state file is about the key \(state.key.text), not \(key.text)")
    }

    private func check(_ note: SignedNote, _ key: VerifierKey) throws -> (Checkpoint, [String]) {
        let checkpoint: Checkpoint
        do throws(HistoryFinding) {
            checkpoint = try HistoryFinding.checkpoint(in: note, by: key)
        } catch {
            switch error {
            case .anotherLog: throw Alarm(.otherLog, error.text)
            case .anotherKey: throw Alarm(.otherKey, error.text)
            default: throw Alarm(.damaged, "the checkpoint: \(error.text)")
            }
        }
        guard let policy else { return (checkpoint, []) }
        let verdict: WitnessPolicy.Verdict
        do throws(ProofError) { verdict = try policy.verdict(on: note) } catch {
            throw Alarm(.witnesses, error.description)
        }
        guard verdict.isSatisfied else {
            throw Alarm(
                .witnesses,
                "the checkpoint over \(checkpoint.size) entries has \(verdict.cosigned.count) of the policy's witnesses"
            )
        }
        return (checkpoint, verdict.cosigned)
    }

    private func checkSize(_ checkpoint: Checkpoint, _ state: MonitorState?) throws {
        guard let frontier = state?.frontier else { return }
        guard checkpoint.size >= frontier.size else {
            throw Alarm(
                .rollback,
                "the log has \(checkpoint.size) entries, and \(frontier.size) were seen: its tail was cut off")
        }
        guard checkpoint.size > frontier.size || checkpoint.root == frontier.root else {
            throw Alarm(
                .fork, "the first \(frontier.size) entries have another root than was seen: the log was rewritten")
        }
    }

    private func checkHistory(_ log: EventLog, _ state: MonitorState) throws {
        let root = try log.read { try $0.root(atSize: state.frontier.size) }
        guard root == state.frontier.root else {
            throw Alarm(
                .fork,
                "the first \(state.frontier.size) entries have another root than was seen: the log was rewritten")
        }
    }

    /// The newest checkpoint in a log's own directory, which may be behind its tip.
    private func checkNewest(_ note: SignedNote?, _ log: EventLog, _ key: VerifierKey) throws -> [String] {
        guard let note else {
            guard policy == nil else { throw Alarm(.witnesses, "the log holds no checkpoint, so no witness saw it") }
            return []
        }
        let (checkpoint, witnesses) = try check(note, key)
        let finding = try log.read { try HistoryFinding.compare($0, with: note, by: key) }
        guard finding.isConsistent else {
            throw Alarm(.fork, "the newest checkpoint in the log, over \(checkpoint.size) entries: \(finding.text)")
        }
        return witnesses
    }

    private func checkAge(_ time: Int64, _ now: Int64) throws {
        guard let staleAfter, now - time > staleAfter else { return }
        throw Alarm(.stale, "the newest entry is of \(Timestamp.text(time)), \(Span.text(now - time)) ago")
    }
}
