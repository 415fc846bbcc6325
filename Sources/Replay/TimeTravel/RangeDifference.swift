import Log
import Nostr
import Reducers

/// What changed between two points of one log: the changes with the entries that made them, and the calls in between.
struct RangeDifference {
    /// One call that was asked for in between.
    struct Call {
        var request: Position
        var decision: Decision
    }

    /// The first entries that are not part of the points.
    let points: (from: UInt64, to: UInt64)
    private(set) var before = RelayState()
    private(set) var after = RelayState()
    private(set) var changes: [StateChange] = []
    private(set) var calls: [Call] = []
    /// Where what is no more ended.
    private var endings: [StateChange.Subject: UInt64] = [:]
    private var latestRestart: UInt64?

    /// - Parameters:
    ///   - from: the first position that is not part of the earlier point.
    ///   - to: the same of the later point.
    init(
        from: UInt64, to: UInt64, in reader: borrowing LogReader, progress: (UInt64, UInt64) -> Void
    ) throws {
        points = (from, to)
        before = try withoutActuallyEscaping(progress) { progress in
            try Replayer.state(of: reader, before: from, progress: progress)
        }
        var played = Played(before)
        try reader.forEachStep(from: from, to: to, progress: progress) { step in
            note(step, before: played.state)
            played.play(step)
            noteShutOut(step, after: played.state)
            return true
        }
        after = played.state
        changes = StateChange.all(from: before, to: after).map { change in
            guard change.kind == .removed else { return change }
            var change = change
            change.entry = ending(of: change)
            return change
        }
    }

    /// Notes what ends with a step. What is told apart by the recorded entries needs no second look at the state.
    private mutating func note(_ step: RecordedStep, before state: RelayState) {
        if let decision = step.decision, decision.kind == .meshConnectRequest {
            calls.append(Call(request: step.input.position, decision: decision))
        }
        switch step.input.content {
        case .input(.closed(let session, _), _): endings[.session(session)] = step.input.leaf.seq
        case .input(.restart, _): latestRestart = step.input.leaf.seq
        case .input(.listening(let session, _), _):
            for tie in state.sessions[session]?.listening ?? [] { endings[.key(tie.key)] = step.input.leaf.seq }
        default: break
        }
        for output in step.outputs {
            guard case .output(.effect(let effect, _)) = output.content, effect.change == .remove else { continue }
            endings[.name(effect.key.hex)] = output.leaf.seq
            for session in state.sessions.all where session.keys.contains(where: { $0.key == effect.key }) {
                endings[.session(session.id)] = output.leaf.seq
            }
        }
        if case .input(.policy, _) = step.input.content {
            for session in state.sessions.all where endings[.session(session.id)] == nil {
                endings[.session(session.id)] = step.input.leaf.seq
            }
        }
        invites = state.invites.all
        bans = state.moderation
    }

    private var invites: [Invite] = []
    private var bans = Moderation()

    private mutating func noteShutOut(_ step: RecordedStep, after state: RelayState) {
        let seq = step.input.leaf.seq
        if state.invites.all.count < invites.count {
            let left = Set(state.invites.all.map(\.hash))
            for invite in invites where !left.contains(invite.hash) { endings[.invite(invite.hash)] = seq }
        }
        guard state.moderation != bans else { return }
        for ban in bans.keys where state.moderation[ban.subject] == nil {
            endings[.name("ban \(ban.subject.hex)")] = seq
        }
        for ban in bans.addresses where !state.moderation.addresses.contains(where: { $0.subject == ban.subject }) {
            endings[.name(Printable.text(ban.subject))] = seq
        }
    }

    private func ending(of change: StateChange) -> UInt64? {
        switch (change.area, change.subject) {
        case (.member, .key(let key)): return endings[.name(key.hex)]
        case (.ban, .key(let key)): return endings[.name("ban \(key.hex)")]
        case (.session, .session(let id)): return endings[.session(id)] ?? latestRestart
        case (.listener, .key(let key)):
            let sessions = before.sessions.all.filter { $0.listening.contains { $0.key == key } }
            let ends = sessions.compactMap { endings[.session($0.id)] }
            return (ends + [endings[.key(key)]].compactMap { $0 }).max() ?? latestRestart
        case (.note, _): return nil
        default: return endings[change.subject]
        }
    }
}
