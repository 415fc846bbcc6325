import Log
import Nostr
import Reducers

/// A place in a log that moves forwards and backwards, with the state right after it.
///
/// Backwards means to play forwards from a state that is kept: one every few thousand entries that were passed, or a
/// snapshot of the log.
final class Debugger {
    /// States that are kept: each can have many megabytes.
    private static let maximumKept = 16
    /// Entries between two states that are kept.
    private static let keptInterval: UInt64 = 4_096

    let log: EventLog
    let sessions = SessionKeys()
    /// Where it stands.
    private(set) var step: RecordedStep
    private var played: Played
    /// Kept states by the first position that is not part of them.
    private var kept: [(end: UInt64, played: Played)] = []

    /// The state right after the step.
    var state: RelayState { played.state }

    /// Stands at entry 0.
    init(_ log: EventLog) throws {
        self.log = log
        let first = try log.read { reader in try reader.step(at: 0) }
        guard let first else { throw Lookup.beyond(0, 0) }
        step = first
        played = Played(RelayState())
        played.play(first)
        try learn()
    }

    /// How many entries there are by now.
    func size() throws -> UInt64 { try log.read { $0.size } }

    var scene: Scene { Scene(step: step, state: state, sessions: sessions) }

    /// The next input; `false` at the end of the log.
    func next() throws -> Bool {
        guard let next = try log.read({ reader in try reader.step(at: step.end) }) else { return false }
        keep()
        take(next)
        try learn()
        return true
    }

    /// The input before; `false` at the beginning.
    func back() throws -> Bool {
        guard step.input.leaf.seq > 0 else { return false }
        try go(before: step.input.leaf.seq)
        return true
    }

    /// Stands at the last input before `end`, which is at least 1.
    func go(before end: UInt64) throws {
        try log.read { reader in
            guard let found = try reader.step(at: max(end, 1) - 1) else { throw Lookup.beyond(end, reader.size) }
            var played = try self.played(before: found.input.leaf.seq, in: reader)
            played.play(found)
            (step, self.played) = (found, played)
        }
        try learn()
    }

    /// The state right before the step.
    func stateBefore() throws -> RelayState {
        try log.read { reader in try played(before: step.input.leaf.seq, in: reader).state }
    }

    /// Goes forwards to the next step for which `isWanted`.
    ///
    /// - Returns: `false` when there is none: it stands at the end then, or where it was interrupted.
    func run(isInterrupted: () -> Bool, until isWanted: (Scene) -> Bool) throws -> Bool {
        var found = false
        try log.read { reader in
            try reader.forEachStep(from: step.end) { next in
                keep()
                take(next)
                try sessions.learn(from: next.input, in: reader)
                found = isWanted(scene)
                return !found && !isInterrupted()
            }
        }
        return found
    }

    /// Goes backwards to the latest step before this one for which `isWanted`; stays where it is when there is none.
    func runBack(isInterrupted: () -> Bool, until isWanted: (Scene) -> Bool) throws -> Bool {
        let end = step.input.leaf.seq
        var upper = end
        while upper > 0, !isInterrupted() {
            let lower = upper - min(upper, Debugger.keptInterval)
            if let found = try latest(from: lower, to: upper, isWanted) {
                try go(before: found + 1)
                return true
            }
            upper = lower
        }
        return false
    }

    /// The latest step in a range for which `isWanted`.
    private func latest(from lower: UInt64, to upper: UInt64, _ isWanted: (Scene) -> Bool) throws -> UInt64? {
        var found: UInt64?
        try log.read { reader in
            let first = try HypothesisRun.begin(lower, in: reader)
            var played = try self.played(before: first, in: reader)
            try reader.forEachStep(from: first, to: upper) { step in
                played.play(step)
                try sessions.learn(from: step.input, in: reader)
                if isWanted(Scene(step: step, state: played.state, sessions: sessions)) { found = step.input.leaf.seq }
                return true
            }
        }
        return found
    }

    private func take(_ next: RecordedStep) {
        played.play(next)
        step = next
    }

    private func learn() throws {
        try log.read { reader in
            try sessions.learn(from: step.input, in: reader)
            for output in step.outputs { try sessions.learn(from: output, in: reader) }
        }
    }

    /// Keeps the state now and then, those that are closest to the others least.
    private func keep() {
        let end = step.end
        guard !kept.contains(where: { max($0.end, end) - min($0.end, end) < Debugger.keptInterval }) else { return }
        kept.append((end, played))
        kept.sort { $0.end < $1.end }
        guard kept.count > Debugger.maximumKept else { return }
        let ways = kept.indices.dropFirst().map { ($0, kept[$0].end - kept[$0 - 1].end) }
        if let closest = ways.min(by: { $0.1 < $1.1 }) { kept.remove(at: closest.0) }
    }

    private func played(before end: UInt64, in reader: borrowing LogReader) throws -> Played {
        guard let nearest = kept.last(where: { $0.end <= end }), end - nearest.end <= 4 * Debugger.keptInterval else {
            return Played(try Replayer.state(of: reader, before: end))
        }
        var played = nearest.played
        try reader.forEachStep(from: nearest.end, to: end) { step in
            played.play(step)
            return true
        }
        return played
    }
}
